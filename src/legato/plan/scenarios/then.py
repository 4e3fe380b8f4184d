"""`then:` what must come of a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from legato.model.definitions.journey import Journey, Leave
from legato.model.instant import MINUTE
from legato.model.problem import Place
from legato.plan import form
from legato.plan.findings import nearest
from legato.plan.form import Form
from legato.plan.scenarios.given import Given, read_consents, scalar_of
from legato.plan.scenarios.names import Names
from legato.plan.scenarios.scenario import (
    Agrees,
    Belongs,
    Cost,
    Count,
    Ends,
    Enters,
    Expectation,
    Expected,
    Messages,
    Refuses,
    Requests,
    Sets,
    Stands,
    TraitIs,
    What,
)
from legato.plan.scenarios.times import duration_of, read_clock, read_instant
from legato.plan.source import Field, Fields, Items, Leaf, Value, plain

GATES = (
    "consent",
    "purpose",
    "residency",
    "reachable",
    "suppression",
    "state",
    "holdout",
    "offer",
    "cap",
    "quiet_hours",
    "expiry",
    "journey",
)
OUTCOMES = ("goal", "completed", "exit", "stopped")
Numbered = Literal["at_most", "at_least", "exactly"]
NUMBERED: tuple[Numbered, ...] = ("at_most", "at_least", "exactly")


class Then:
    """Reads what must come of one story."""

    def __init__(self, names: Names, given: Given) -> None:
        self._names = names
        self._given = given
        self._person = ""
        self.expectations: list[Expectation] = []
        self._words: Mapping[str, Callable[[Field], None]] = {
            "messages": self._messages,
            "never": self._never,
            "cost_at_most": self._cost,
            "refused": self._refused,
            "ends": self._ends,
            "in_step": self._in_step,
            "enters": lambda field: self._enters(field, is_meant=True),
            "never_enters": lambda field: self._enters(field, is_meant=False),
            "in_segment": lambda field: self._segments(field, is_member=True),
            "not_in_segment": lambda field: self._segments(field, is_member=False),
            "traits": self._traits,
            "consents": self._consents,
        }

    def read(self, value: Value) -> None:
        """Read a mapping of expectations, or one for each person."""
        tree = form.fields(self._names.findings, value, "then")
        if tree is None:
            return
        people = {person.name: person for person in self._given.people}
        for field in tree.fields:
            if field.key == "quarantined":
                self._quarantined(field)
            elif field.key == "requests":
                self._requests(field)
            elif field.key in people:
                self._of_person(field.key, field.value)
            elif len(people) == 1:
                self._person = self._given.people[0].name
                self._expect(field)
            elif field.key in (*self._words, *NUMBERED):
                self._report("G303", field.place, "of several people, it is not clear who is meant",
                             f"write it under {form.listed(people)}")  # fmt: skip
            else:
                self._unknown(field, (*people, "quarantined", "requests"))

    def _of_person(self, name: str, value: Value) -> None:
        self._person = name
        tree = form.fields(self._names.findings, value, name)
        for field in tree.fields if tree else ():
            self._expect(field)

    def _expect(self, field: Field) -> None:
        read = self._words.get(field.key)
        if read is not None:
            read(field)
            return
        for how in NUMBERED:
            if field.key == how:
                self._counts(field, how)
                return
        self._unknown(field, (*self._words, *NUMBERED, "quarantined", "requests"))

    def _unknown(self, field: Field, known: tuple[str, ...]) -> None:
        near = nearest(field.key, known)
        self._report(
            "D103",
            field.place,
            f"`then` knows no key `{field.key}`",
            f"did you mean `{near}`?" if near else f"use {form.listed(known, limit=20)}",
        )

    # Messages

    def _messages(self, field: Field) -> None:
        items: list[Expected] = []
        if scalar_of(field.value) != "none":
            tree = form.items(self._names.findings, field.value, "messages")
            read = [self._message(item) for item in tree.items] if tree else []
            items = [one for one in read if one is not None]
        self._add(Messages(place=field.place, person=self._person, items=tuple(items)))

    def _message(self, value: Value) -> Expected | None:
        if not isinstance(value, Fields):
            what = self._what(value)
            return None if what is None else Expected(what=what, place=value.place)
        part = Form(self._names.findings, value, "a message")
        named = part.need("message", "message: cart_reminder")
        by = part.take("by")
        what = self._what(named) if named is not None else None
        if what is not None and by is not None:
            channel = form.text(self._names.findings, by, "by")
            if channel and self._names.refer("channel", channel, by.place):
                what = What(message=what.message, channel=channel)
        at = part.read("at", form.text, "")
        minute = read_clock(at) if at else None
        instant = read_instant(at, self._given.zone) if at and minute is None else None
        if at and minute is None and instant is None:
            fix = "write `at: 2026-03-02 10:30` or `at: 08:00`"
            self._report("G301", part.place_of_value("at"), f"`{at}` is no time", fix)
        if instant is not None and instant < self._given.start - self._given.start % MINUTE:
            what_is = "this lies before the story begins, at `given.at`"
            self._report("G302", part.place_of_value("at"), what_is, "give a later time")
        made = Expected(
            what=what or What(),
            place=value.place,
            within=part.read("within", form.duration, None),
            after=part.read("after", duration_of, None),
            at=instant,
            minute=minute,
        )
        part.close()
        if made.within is not None and made.after is not None and made.within < made.after:
            fix = "let `after` be shorter than `within`"
            self._report("G306", value.place, "no instant is both after and within these", fix)
        return None if what is None else made

    def _what(self, value: Value) -> What | None:
        text = form.any_text(self._names.findings, value, "message")
        return None if text is None else self._names.what(text, value.place)

    def _never(self, field: Field) -> None:
        for item in _each(field.value):
            what = self._what(item)
            if what is not None:
                self._add(Count(place=item.place, person=self._person, what=what, how="never",
                                number=0))  # fmt: skip

    def _counts(self, field: Field, how: Numbered) -> None:
        """Read `at_most: 2`, or `at_most: {cart_reminder: 1, sms: 0}`."""
        value = field.value
        if not isinstance(value, Fields):
            self._count(value, field.place, What(), how)
            return
        for inner in value.fields:
            what = self._names.what(inner.key, inner.place)
            if what is not None:
                self._count(inner.value, inner.place, what, how)

    def _count(self, value: Value, place: Place, what: What, how: Numbered) -> None:
        number = form.count(self._names.findings, value, how)
        if number is not None:
            self._add(Count(place=place, person=self._person, what=what, how=how, number=number))

    def _cost(self, field: Field) -> None:
        micros = form.money(self._names.findings, field.value, "cost_at_most")
        if micros is not None:
            self._add(Cost(place=field.place, person=self._person, micros=micros))

    def _refused(self, field: Field) -> None:
        for item in _each(field.value):
            gate = ""
            named: Value | None = item
            if isinstance(item, Fields):
                part = Form(self._names.findings, item, "`refused`")
                named = part.need("message", "message: cart_reminder")
                gate = part.read("by", form.one_of(GATES), "")
                part.close()
            what = self._what(named) if named is not None else None
            if what is not None:
                self._add(Refuses(place=item.place, person=self._person, what=what, gate=gate))

    # Journeys

    def _ends(self, field: Field) -> None:
        if isinstance(field.value, Fields):
            for inner in field.value.fields:
                if self._names.refer("journey", inner.key, inner.place):
                    self._end(self._names.plan.journeys[inner.key], inner.value)
            return
        outcome = form.text(self._names.findings, field.value, "ends")
        if outcome is not None:
            self._add(Ends(place=field.place, person=self._person, journey="", outcome=outcome))

    def _end(self, journey: Journey, value: Value) -> None:
        outcome = form.text(self._names.findings, value, "ends")
        if outcome is None or not self._knows_outcome([journey], outcome, value.place):
            return
        self._add(
            Ends(place=value.place, person=self._person, journey=journey.name, outcome=outcome)
        )

    def _knows_outcome(self, journeys: list[Journey], outcome: str, place: Place) -> bool:
        known = [one for journey in journeys for one in outcomes_of(journey)]
        if outcome in known:
            return True
        near = nearest(outcome, known)
        names = ", ".join(journey.name for journey in journeys)
        listed = form.listed(dict.fromkeys(known))
        self._report(
            "N202",
            place,
            f"{names} never ends in `{outcome}`",
            f"did you mean `{near}`? it ends in {listed}" if near else f"it ends in {listed}",
        )
        return False

    def _in_step(self, field: Field) -> None:
        """Read `in_step: {cart_rescue: patience}`, or a step alone that one journey has."""
        if isinstance(field.value, Fields):
            for inner in field.value.fields:
                if self._names.refer("journey", inner.key, inner.place):
                    self._stand(self._names.plan.journeys[inner.key], inner.value)
            return
        step = form.any_text(self._names.findings, field.value, "in_step")
        having = [j for j in self._names.plan.journeys.values() if step in j.steps]
        if len(having) == 1:
            self._stand(having[0], field.value)
        elif step is not None:
            what = f"{'several journeys have' if having else 'no journey has'} a step `{step}`"
            fix = f"say of which: `in_step: {{journey: {step}}}`"
            self._report("N202", field.value.place, what, fix)

    def _stand(self, journey: Journey, value: Value) -> None:
        step = form.any_text(self._names.findings, value, "in_step")
        if step is not None and self._names.refer_step(journey, step, value.place):
            self._add(
                Stands(place=value.place, person=self._person, journey=journey.name, step=step)
            )

    def _enters(self, field: Field, *, is_meant: bool) -> None:
        for item in _each(field.value):
            name = form.text(self._names.findings, item, field.key)
            if name and self._names.refer("journey", name, item.place):
                self._add(
                    Enters(place=item.place, person=self._person, journey=name, is_meant=is_meant)
                )

    # What is known of the person in the end

    def _segments(self, field: Field, *, is_member: bool) -> None:
        for item in _each(field.value):
            name = form.text(self._names.findings, item, field.key)
            if name and self._names.refer("segment", name, item.place):
                self._add(
                    Belongs(
                        place=item.place, person=self._person, segment=name, is_member=is_member
                    )
                )

    def _traits(self, field: Field) -> None:
        tree = form.fields(self._names.findings, field.value, "traits")
        for inner in tree.fields if tree else ():
            if self._names.refer("trait", inner.key, inner.place):
                self._add(
                    TraitIs(
                        place=inner.place,
                        person=self._person,
                        trait=inner.key,
                        value=plain(inner.value),
                    )
                )

    def _consents(self, field: Field) -> None:
        for line in read_consents(self._names, field.value):
            self._add(Agrees(place=field.place, person=self._person, line=line))

    # Nobody's in particular

    def _quarantined(self, field: Field) -> None:
        for item in _each(field.value):
            event = form.text(self._names.findings, item, "quarantined")
            if event:
                self._add(Sets(place=item.place, event=event))

    def _requests(self, field: Field) -> None:
        for item in _each(field.value):
            tree = form.fields(self._names.findings, item, "requests")
            if tree is None:
                continue
            part = Form(self._names.findings, tree, "a request")
            name = part.need_read("to", form.text, "", example="to: email_provider")
            holds = part.take("holds")
            number = part.read("exactly", form.count, None)
            part.close()
            if name and self._names.refer("destination", name, part.place_of_value("to")):
                self._add(
                    Requests(
                        place=item.place,
                        destination=name,
                        holds=None if holds is None else plain(holds),
                        number=number,
                    )
                )

    def _add(self, expectation: Expectation) -> None:
        self.expectations.append(expectation)

    def _report(self, code: str, place: Place, what: str, fix: str) -> None:
        self._names.findings.report(code, place, what, fix)


def outcomes_of(journey: Journey) -> list[str]:
    """Return how a passage through a journey may end."""
    exits = [one.outcome for one in journey.exits if one.outcome]
    leaves = [step.outcome for step in journey.steps.values() if isinstance(step, Leave)]
    return list(dict.fromkeys([*OUTCOMES, *exits, *leaves]))


def set_aside(value: Value | None) -> dict[str, None]:
    """Return the events that a story expects in quarantine, before the rest of it is read."""
    field = value.get("quarantined") if isinstance(value, Fields) else None
    return {str(text): None for one in _each(field) if (text := scalar_of(one)) is not None}


def _each(value: Value | None) -> tuple[Value, ...]:
    if value is None or (isinstance(value, Leaf) and value.value is None):
        return ()
    return value.items if isinstance(value, Items) else (value,)
