"""The English reader of rules: one sentence, as a person would say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import assert_never

from legato.model.instant import Duration, format_duration
from legato.model.rule import (
    AllOf,
    AnyOf,
    EventMatch,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Scalar,
    Slot,
    Test,
    TraitAge,
    TraitIs,
    Window,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sentence(rule: Rule) -> str:
    """Say a rule of 'someone who ...': `did Product Viewed at least 2 times today`."""
    match rule:
        case AllOf():
            return _joined(rule.rules, " and ", "always")
        case AnyOf():
            return _joined(rule.rules, " or ", "never")
        case Not():
            return _denied(rule.rule)
        case _:
            return _leaf(rule)


def words_of(test: Test) -> str:
    """Say a test: `is over 40`, `is one of a, b or c`, `is known`."""
    match test.operator:
        case "exists":
            return "is known"
        case "missing":
            return "is not known"
        case "one_of" | "none_of":
            options = test.value if isinstance(test.value, tuple) else (test.value,)
            start = "is one of" if test.operator == "one_of" else "is none of"
            return f"{start} {listed([_value(option) for option in options])}"
        case _:
            value = test.value[0] if isinstance(test.value, tuple) else test.value
            return f"{_OPERATORS[test.operator]} {_value(value)}"


def listed(words: Sequence[str], word: str = "or") -> str:
    """Join words as a sentence does: `a, b or c`."""
    if len(words) <= 1:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} {word} {words[-1]}"


_OPERATORS: Mapping[str, str] = {
    "is": "is",
    "is_not": "is not",
    "over": "is over",
    "at_least": "is at least",
    "under": "is under",
    "at_most": "is at most",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
}
_TIMES: Mapping[str, str] = {
    "is": "exactly",
    "over": "more than",
    "at_least": "at least",
    "under": "fewer than",
    "at_most": "at most",
}
_MEASURES: Mapping[str, str] = {
    "count": "the number of times",
    "sum": "the sum of",
    "min": "the smallest",
    "max": "the greatest",
    "average": "the average",
    "first": "the first",
    "last": "the last",
    "unique": "any",
    "most_frequent": "the most frequent",
}
_SCOPES: Mapping[str, str] = {"event": "", "entry": "the entry's ", "answer": "the answer's "}
_NEVER = (("under", 1), ("at_most", 0), ("is", 0))
_ONCE = (("over", 0), ("at_least", 1))


def _joined(rules: Sequence[Rule], word: str, empty: str) -> str:
    if len(rules) == 1:
        return sentence(rules[0])
    return word.join(_nested(rule) for rule in rules) or empty


def _nested(rule: Rule) -> str:
    """Say a part of a longer sentence: in parentheses where it has several parts itself."""
    is_compound = isinstance(rule, AllOf | AnyOf) and len(rule.rules) > 1
    return f"({sentence(rule)})" if is_compound else sentence(rule)


def _denied(rule: Rule) -> str:
    match rule:
        case HistoryIs() if _happened(rule) is True:
            return _did(rule.slot, "did not do")
        case HistoryHas():
            return _same(rule, "did not do")
        case InSegment():
            return f"is not in segment {rule.name}"
        case InJourney():
            said = {
                "in": "is not in journey",
                "was_in": "was never in journey",
                "reached_goal": "never reached the goal of",
            }
            return f"{said[rule.state]} {rule.journey}"
        case _:
            return f"not ({sentence(rule)})"


def _leaf(
    rule: PropertyIs
    | TraitIs
    | TraitAge
    | HistoryIs
    | HistoryHas
    | InSegment
    | InJourney
    | LocalTime,
) -> str:
    match rule:
        case PropertyIs():
            return f"{_SCOPES[rule.scope]}{rule.path} {words_of(rule.test)}"
        case TraitIs():
            return f"their {rule.name} {words_of(rule.test)}"
        case TraitAge():
            word = "over" if rule.operator == "over" else "less than"
            return f"their {rule.name} was {word} {format_duration(rule.duration)} ago"
        case HistoryIs():
            return _history(rule)
        case HistoryHas():
            return _same(rule, "did")
        case InSegment():
            return f"is in segment {rule.name}"
        case InJourney():
            said = {
                "in": "is in journey",
                "was_in": "was in journey",
                "reached_goal": "reached the goal of",
            }
            return f"{said[rule.state]} {rule.journey}"
        case LocalTime():
            return _local_time(rule)
        case _:
            assert_never(rule)


def _happened(rule: HistoryIs) -> bool | None:
    """Return whether a rule says no more than that something happened, or that it did not."""
    test = rule.test
    if rule.slot.function not in ("count", "sequence") or isinstance(test.value, bool):
        return None
    said = (test.operator, test.value)
    if said in _ONCE or (rule.slot.function == "sequence" and said == ("is", 1)):
        return True
    return False if said in _NEVER else None


def _history(rule: HistoryIs) -> str:
    slot, test = rule.slot, rule.test
    happened = _happened(rule)
    if happened is not None:
        return _did(slot, "did" if happened else "did not do")
    if slot.function == "count" and test.operator in _TIMES and isinstance(test.value, int):
        times = f"{test.value} {'time' if test.value == 1 else 'times'}"
        return _ended(f"did {_event(slot.match)} {_TIMES[test.operator]} {times}", slot.window)
    measured = _MEASURES.get(slot.function, "whether they did")
    of = f" {slot.property} of" if slot.property else ""
    return f"{_ended(f'{measured}{of} {_what(slot)}', slot.window)} {words_of(test)}"


def _did(slot: Slot, verb: str) -> str:
    return _ended(f"{verb} {_what(slot)}", slot.window)


def _same(rule: HistoryHas, verb: str) -> str:
    with_what = f"the entry's {rule.subject}" if rule.subject else "what the message is about"
    said = f"{verb} {_event(rule.slot.match)} with {rule.slot.property} the same as {with_what}"
    return _ended(said, rule.slot.window)


def _what(slot: Slot) -> str:
    if slot.then is None:
        return _event(slot.match)
    within = format_duration(slot.within)
    return f"{_event(slot.match)} then {_event(slot.then)} within {within}"


def _event(match: EventMatch) -> str:
    return match.event if match.where is None else f"{match.event} (where {sentence(match.where)})"


def _span(duration: Duration) -> str:
    """Say how long, after a word: `hour`, `2 hours`, `1 day 2 hours`."""
    words = format_duration(duration)
    return words.removeprefix("1 ") if words.count(" ") == 1 else words


def _ended(said: str, window: Window) -> str:
    match window.kind:
        case "ever":
            return said
        case "sliding":
            return f"{said} in the last {_span(window.size)}"
        case "calendar":
            return f"{said} {'today' if window.unit == 'day' else f'this {window.unit}'}"
        case _:
            assert_never(window.kind)


def _local_time(rule: LocalTime) -> str:
    said = f"their local time is between {_clock(rule.after)} and {_clock(rule.before)}"
    if not rule.weekdays:
        return said
    return f"{said} on {listed([WEEKDAYS[weekday] for weekday in rule.weekdays])}"


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute, 60)
    return f"{hours:02d}:{minutes:02d}"


def _value(value: Scalar) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value is None else f"{value}"


_PLAIN = re.compile(r"[\w.@/-]+")
