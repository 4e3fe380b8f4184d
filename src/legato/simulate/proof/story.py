"""A counter-example in words: what Ana does, what time does, and what she gets."""

from __future__ import annotations

from typing import assert_never

from legato.expr.english import sentence
from legato.model.instant import Duration, format_duration
from legato.model.rule import AllOf, LocalTime, Not, Scalar
from legato.simulate.proof.ground import DAY_MINUTES
from legato.simulate.proof.guards import Asked, Consents, Field, Known, example
from legato.simulate.proof.states import Move
from legato.simulate.proof.values import MISSING
from legato.simulate.proof.violation import Violation

WHO = "Ana"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def told(violation: Violation) -> tuple[str, ...]:
    """Tell the way to a violation, a sentence for each thing that happens."""
    sentences: list[str] = []
    heard: dict[Field, str] = {}
    for move in (*violation.moves, *violation.ending):
        facts = _facts(move, heard)
        said = _said(move)
        happened = [said] if said else []
        is_first = move.kind in ("pass", "event", "late", "answer")
        sentences += [*happened, *facts] if is_first else [*facts, *happened]
    return tuple(sentences)


def _said(move: Move) -> str:
    match move.kind:
        case "enter":
            return _entered(move)
        case "again":
            return f"{WHO} does {_event(move)} again." if move.event else f"{WHO} comes in again."
        case "pass":
            if move.minute is not None:
                return f"It becomes {_clock(move.minute)} where {WHO} is."
            return _passed(move.passes)
        case "event":
            return f"{WHO} does {_event(move)}."
        case "late":
            return f"{_event(move)}, which happened before that, arrives late."
        case "case" | "guard" | "go":
            return ""
        case "arm":
            return f"{WHO} draws the arm {move.name}."
        case "answer":
            return "The call is answered." if move.name else "The call fails, or is not answered."
        case "send":
            by = f" by {move.channel}" if move.channel else ""
            return f"{move.name} is sent{by}."
        case _:
            assert_never(move.kind)


def _passed(duration: Duration) -> str:
    time = format_duration(duration)
    return f"{time} {'passes' if time.startswith('1 ') and time.count(' ') == 1 else 'pass'}."


def _event(move: Move) -> str:
    same = f" with the same {move.same}" if move.same else ""
    source = f" from {move.source}" if move.source else ""
    return f"{move.event}{same}{source}"


def _entered(move: Move) -> str:
    if not move.event:
        return f"{WHO} comes into the journey."
    values = entry_values(move.known)
    shown = ", ".join(f"{path} {_value(value)}" for path, value in values.items())
    return f"{WHO} does {move.event}{f' ({shown})' if shown else ''}."


def entry_values(known: Known) -> dict[str, Scalar]:
    """Return values of the entry event that meet all that is known of it."""
    return {
        field[1]: value
        for field, asked in known
        if field[0] == "entry" and (value := example(field, asked)) != MISSING
    }


def _value(value: Scalar) -> str:
    return f"{value}".lower() if isinstance(value, bool) else f"{value}"


def _facts(move: Move, heard: dict[Field, str]) -> list[str]:
    """Say what is so now, where it is not what one would think and was not said before."""
    facts: list[str] = []
    for field, asked in move.known:
        if field[0] in ("entry", "event", "answer"):
            continue
        said = _fact(field, asked, move)
        if said and heard.get(field) != said:
            facts.append(said)
        heard[field] = said
    return facts


def _fact(field: Field, asked: tuple[Asked, ...], move: Move) -> str:
    match field[0]:
        case "clock":
            is_asked = any(holds for _, holds in asked)
            return _time(example(field, asked), move) if is_asked else ""
        case "consent":
            return _consent(asked[0][0], str(example(field, asked)))
        case _:
            rules = [
                leaf if holds else Not(rule=leaf)
                for leaf, holds in asked
                if not isinstance(leaf, Consents) and (holds or not _is_usual(field))
            ]
            return f"{WHO} {sentence(AllOf(rules=tuple(rules)))}." if rules else ""


def _is_usual(field: Field) -> bool:
    """Return whether everybody would think that it is not so unless it is said."""
    return field[0] in ("happened", "same", "journey", "measured")


def _time(value: Scalar, move: Move) -> str:
    assert isinstance(value, int)
    day, minute = divmod(value, DAY_MINUTES)
    asked = [leaf for _, some in move.known for leaf, _ in some if isinstance(leaf, LocalTime)]
    if any(leaf.weekdays for leaf in asked):
        return f"It is {WEEKDAYS[day]}, {_clock(minute)} where {WHO} is."
    return f"It is {_clock(minute)} where {WHO} is."


def _consent(leaf: object, word: str) -> str:
    assert isinstance(leaf, Consents)
    what = f"{leaf.purpose} by {leaf.channel}"
    match word:
        case "granted":
            return f"{WHO} has agreed to {what}."
        case "denied":
            return f"{WHO} has withdrawn her consent to {what}."
        case _:
            return f"{WHO} has never agreed to {what}."


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute, 60)
    return f"{hours:02d}:{minutes:02d}"
