"""Conditions as people write them, read into the one tree of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from legato.model.noun import Noun
from legato.model.problem import Place
from legato.model.rule import (
    ALWAYS,
    AllOf,
    AnyOf,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Test,
    TraitAge,
    TraitIs,
)
from legato.plan import form
from legato.plan.conditions import history
from legato.plan.conditions.operators import read_tests
from legato.plan.conditions.properties import ANYTHING, Schema, check_test, property_schema
from legato.plan.findings import nearest
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Items, Leaf, Value

LOGIC = ("all", "any", "none", "not")
HISTORY = (
    "did",
    "did_not",
    "count",
    "sum",
    "min",
    "max",
    "average",
    "first",
    "last",
    "unique",
    "most_frequent",
    "sequence",
    "did_same",
)
STANDING = ("in_segment", "not_in_segment", "in_journey", "was_in_journey", "reached_goal_of")
OTHERS = ("trait", "property", "entry", "answer", "local_time", "age_of")
WORDS = (*LOGIC, *OTHERS, *HISTORY, *STANDING)
"""Keys that mean something in every condition; a property of such a name needs `property:`."""

Kind: TypeAlias = Literal["event", "entry", "answer"]
"""Whose property is tested."""


class Hand(Noun, frozen=True, kw_only=True):
    """What a condition may look at besides the person. None: there is no such thing here."""

    event: str | None = None
    entry: str | None = None
    """Event that began the journey; empty: one whose properties are not declared."""
    has_answer: bool = False
    is_where: bool = False
    """Only the properties of `event` can be tested."""


def read_condition(scope: Scope, value: Value, hand: Hand) -> Rule:
    """Read a condition; a broken one is reported and read as `always`."""
    match value:
        case Items():
            return every([read_condition(scope, item, hand) for item in value.items])
        case Fields(fields=()):
            return _broken(scope, value.place, "a condition cannot be empty")
        case Fields():
            return every(_read_fields(scope, value, hand))
        case Leaf():
            return _broken(scope, value.place, f"a condition cannot be {form.kind_of(value)}")


def read_where(scope: Scope, value: Value, event: str) -> Rule:
    """Read a condition on the properties of one event."""
    return read_condition(scope, value, Hand(event=event, is_where=True))


def every(rules: list[Rule]) -> Rule:
    """Return the rule that all of these hold."""
    return rules[0] if len(rules) == 1 else AllOf(rules=tuple(rules))


def _read_fields(scope: Scope, value: Fields, hand: Hand) -> list[Rule]:
    keys = [field.key for field in value.fields]
    measured = [key for key in keys if key in HISTORY]
    if hand.is_where:
        measured = []
    if len(measured) > 1:
        field = next(field for field in value.fields if field.key == measured[1])
        scope.findings.report(
            "R403",
            field.place,
            f"`{measured[0]}` and `{measured[1]}` stand in one condition, so it is not clear which "
            "of them the other keys belong to",
            "make them two items of a list under `all:`",
        )
        return [ALWAYS]
    rules: list[Rule] = []
    taken: tuple[str, ...] = ()
    if measured:
        taken = (measured[0], *history.KEYS[measured[0]])
    for field in value.fields:
        if measured and field.key == measured[0]:
            part = tuple(each for each in value.fields if each.key in taken)
            found = Fields(place=value.place, fields=part)
            rules.append(_read_history(scope, measured[0], found, hand))
        elif field.key not in taken:
            rules.append(_read_field(scope, field, hand))
    return rules


def _read_history(scope: Scope, word: str, value: Fields, hand: Hand) -> Rule:
    def where(inner: Value, event: str) -> Rule:
        return read_where(scope, inner, event)

    return history.read_history(
        scope, Form(scope.findings, value, "this condition"), word, entry=hand.entry, where=where
    )


def _read_field(scope: Scope, field: Field, hand: Hand) -> Rule:
    if field.key in LOGIC:
        return _logic(scope, field, hand)
    if hand.is_where and field.key in WORDS and field.key != "property":
        return _not_a_property(scope, field)
    if field.key in STANDING:
        return _standing(scope, field.key, field.value)
    if field.key in OTHERS:
        return _other(scope, field, hand)
    if hand.event is None:
        return _unknown_word(scope, field)
    return _property(scope, field, hand, "event")


def _other(scope: Scope, field: Field, hand: Hand) -> Rule:
    match field.key:
        case "property":
            return _properties(scope, field, hand, "event")
        case "entry" | "answer":
            return _properties(scope, field, hand, field.key)
        case "trait":
            return _traits(scope, field.value)
        case "local_time":
            return _local_time(scope, field.value)
        case _:
            return _age(scope, field.value)


def _logic(scope: Scope, field: Field, hand: Hand) -> Rule:
    if field.key == "not":
        return Not(rule=read_condition(scope, field.value, hand))
    found = form.items(scope.findings, field.value, field.key)
    if found is None:
        return ALWAYS
    if not found.items:
        return _broken(scope, field.place, f"`{field.key}` names no condition")
    rules = tuple(read_condition(scope, item, hand) for item in found.items)
    match field.key:
        case "all":
            return AllOf(rules=rules)
        case "any":
            return AnyOf(rules=rules)
        case _:
            return Not(rule=AnyOf(rules=rules))


def _properties(scope: Scope, field: Field, hand: Hand, kind: Kind) -> Rule:
    found = form.fields(scope.findings, field.value, field.key)
    if found is None:
        return ALWAYS
    missing = _missing_thing(hand, kind)
    if missing:
        scope.findings.report("R404", field.place, *missing)
        return ALWAYS
    return every([_property(scope, each, hand, kind) for each in found.fields])


def _missing_thing(hand: Hand, kind: Kind) -> tuple[str, str] | None:
    match kind:
        case "event" if hand.event is None:
            return _NO_EVENT
        case "entry" if hand.entry is None:
            return _NO_ENTRY
        case "answer" if not hand.has_answer:
            return _NO_ANSWER
        case _:
            return None


_NO_EVENT = (
    "there is no event at hand here, so it has no property",
    "use `entry: {path: ...}` for the event that began a journey, or `did: Event` with `where:`",
)
_NO_ENTRY = (
    "`entry` has no meaning here: no event begins this",
    "use it in a journey that is entered on an event; elsewhere `did: Event`",
)
_NO_ANSWER = (
    "`answer` has no meaning here: nothing was called",
    "use it under the `answers` of a `call`",
)


def _property(scope: Scope, field: Field, hand: Hand, kind: Kind) -> Rule:
    event = {"event": hand.event, "entry": hand.entry}.get(kind)
    schema: Schema = ANYTHING
    if event:
        schema = property_schema(scope, event, field.key, field.place)

    def make(test: Test) -> Rule:
        check_test(scope, test, schema, f"`{field.key}`", field.place)
        return PropertyIs(path=field.key, test=test, scope=kind)

    return every([make(test) for test in read_tests(scope.findings, field.value, field.key)])


def _traits(scope: Scope, value: Value) -> Rule:
    found = form.fields(scope.findings, value, "trait")
    if found is None:
        return ALWAYS
    rules: list[Rule] = []
    for field in found.fields:
        scope.refer("trait", field.key, field.place)
        schema = scope.trait_schemas.get(field.key, ANYTHING)
        for test in read_tests(scope.findings, field.value, field.key):
            check_test(scope, test, schema, f"the trait `{field.key}`", field.place)
            rules.append(TraitIs(name=field.key, test=test))
    return every(rules) if rules else _broken(scope, value.place, "`trait` tests nothing")


def _standing(scope: Scope, key: str, value: Value) -> Rule:
    name = form.text(scope.findings, value, key)
    if name is None:
        return ALWAYS
    scope.refer("segment" if "segment" in key else "journey", name, value.place)
    return _STANDING[key](name)


_STANDING: Mapping[str, Callable[[str], Rule]] = {
    "in_segment": lambda name: InSegment(name=name),
    "not_in_segment": lambda name: Not(rule=InSegment(name=name)),
    "in_journey": lambda name: InJourney(journey=name),
    "was_in_journey": lambda name: InJourney(journey=name, state="was_in"),
    "reached_goal_of": lambda name: InJourney(journey=name, state="reached_goal"),
}


def _local_time(scope: Scope, value: Value) -> Rule:
    found = form.fields(scope.findings, value, "local_time")
    if found is None:
        return ALWAYS
    part = Form(scope.findings, found, "`local_time`")
    rule = LocalTime(
        weekdays=part.read("weekdays", form.weekdays, ()),
        after=part.read("after", form.minute_of_day, 0),
        before=part.read("before", form.minute_of_day, 1_440),
    )
    part.close()
    return rule


def _age(scope: Scope, value: Value) -> Rule:
    found = form.fields(scope.findings, value, "age_of")
    if found is None:
        return ALWAYS
    part = Form(scope.findings, found, "`age_of`")
    name = part.need_read("trait", form.text, "", example="trait: signed_up_at")
    trait = part.take("trait")
    if name and trait is not None:
        scope.refer("trait", name, trait.place)
    rules: list[Rule] = []
    if "over" in part:
        over = part.read("over", form.duration, 0)
        rules.append(TraitAge(name=name, operator="over", duration=over))
    if "under" in part:
        under = part.read("under", form.duration, 0)
        rules.append(TraitAge(name=name, operator="under", duration=under))
    part.close()
    if not rules:
        part.need("over", "over: 30d")
    return every(rules)


def _not_a_property(scope: Scope, field: Field) -> Rule:
    scope.findings.report(
        "R404",
        field.place,
        f"`where` looks at the properties of the event only; `{field.key}` is something else",
        f"move `{field.key}` next to the event's condition, or write "
        f"`property: {{{field.key}: ...}}` for a property of that name",
    )
    return ALWAYS


def _unknown_word(scope: Scope, field: Field) -> Rule:
    near = nearest(field.key, WORDS)
    scope.findings.report(
        "R403",
        field.place,
        f"`{field.key}` is no condition, and no event is at hand whose property it could be",
        f"did you mean `{near}`?"
        if near
        else f"write `trait: {{{field.key}: ...}}` or, in a journey, `entry: {{{field.key}: ...}}`",
    )
    return ALWAYS


def _broken(scope: Scope, place: Place, what: str) -> Rule:
    scope.findings.report(
        "R403",
        place,
        what,
        "write one such as `{trait: {country: PT}}` or `{did: Order Completed}`",
    )
    return ALWAYS
