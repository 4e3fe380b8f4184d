"""`when:` what happens, line by line, each at its instant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from legato.core.admit import policy_of
from legato.model.instant import Duration, Instant
from legato.model.plan import Plan
from legato.model.problem import Place
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scenarios.bodies import breach, complete, in_time
from legato.plan.scenarios.given import Given, mapping_of, read_consents, scalar_of
from legato.plan.scenarios.names import Names
from legato.plan.scenarios.scenario import (
    Applies,
    Behaviour,
    Calls,
    Crashes,
    Does,
    Happening,
    Lag,
    Person,
    Posts,
    ProviderTurns,
    Replies,
    Says,
    SourceTurns,
    Switches,
)
from legato.plan.scenarios.times import Clock, duration_of
from legato.plan.source import Fields, Items, Leaf, Value, plain

_EMPTY = Leaf(place=Place(file="", line=1, column=1), value=None)


class When:
    """Reads what happens in one story."""

    def __init__(
        self, names: Names, given: Given, clock: Clock, *, changes: tuple[str, ...]
    ) -> None:
        self._names = names
        self._given = given
        self._clock = clock
        self._changes = changes
        self._people = {person.name: person for person in given.people}
        self.set_aside: dict[str, None] = {}
        """Events that the story expects in quarantine: their shape may be any."""
        self.happenings: list[Happening] = []

    def read_before(self) -> None:
        """Read what happened before the story begins: `10d before: {...}`."""
        for turn in self._given.turns:
            self._deed(turn.key, turn.value, turn.place, self._clock.start, None)
        for item in self._given.before.items if self._given.before else ():
            for field in item.fields if isinstance(item, Fields) else ():
                length, is_offset, rest = field.key.partition(" before")
                if not is_offset or rest:
                    self._wrong(field.place, "write what happened as `10d before: {Event: {}}`")
                    continue
                at = self._clock.before(length, field.place)
                self._deeds(field.value, at, None)
            if not isinstance(item, Fields):
                self._wrong(item.place, "write what happened as `10d before: {Event: {}}`")

    def read(self, value: Items) -> None:
        """Read the lines of `when`."""
        for item in value.items:
            text = scalar_of(item)
            if text is not None:
                self._line(text, None, item.place)
            elif isinstance(item, Fields):
                for field in item.fields:
                    self._line(field.key, field.value, field.place)
            else:
                self._wrong(item.place, "write an event, `after 20m: {Event: {}}` or `after 2d`")

    def _line(self, words: str, value: Value | None, place: Place) -> None:
        if words.startswith("after "):
            at = self._clock.after(words.removeprefix("after "), place)
        elif words.startswith("at "):
            at = self._clock.at(words.removeprefix("at "), place)
        else:
            self._deed(words, value, place, self._clock.now, None)
            return
        if value is not None:
            self._deeds(value, at, None)

    def _deeds(self, value: Value, at: Instant, person: Person | None) -> None:
        """Read all that happens at one instant."""
        text = scalar_of(value)
        if text is not None:
            self._deed(text, None, value.place, at, person)
        for one in value.items if isinstance(value, Items) else ():
            self._deeds(one, at, person)
        for field in value.fields if isinstance(value, Fields) else ():
            self._deed(field.key, field.value, field.place, at, person)

    def _deed(
        self, words: str, value: Value | None, place: Place, at: Instant, person: Person | None
    ) -> None:
        """Read one thing that happens; what it is, its first words say."""
        kind, _, name = words.partition(" ")
        if words in self._people and value is not None and person is None:
            self._deeds(value, at, self._people[words])
        elif words == "crash":
            self._add(Crashes(at=at, place=place))
        elif words == "consents":
            self._consents(value or _EMPTY, place, at, person)
        elif kind == "provider" and name:
            self._provider(name, value or _EMPTY, place, at)
        elif kind == "source" and name:
            self._source(name, value or _EMPTY, place, at)
        elif kind in ("pause", "resume") and (name or value is not None):
            self._switch(kind, name or _word(value), place, at)
        elif words.startswith("replies by "):
            self._reply(words.removeprefix("replies by "), value, place, at, person)
        elif words.startswith("put into "):
            self._call(words.removeprefix("put into "), value, place, at, person)
        elif kind == "apply":
            self._apply(name or _word(value), place, at)
        else:
            self._event(words, value, place, at, person)

    def _who(self, person: Person | None, place: Place) -> Person | None:
        """Return who does something; of several it must be said."""
        if person is not None or len(self._people) == 1:
            return person or self._given.people[0]
        if self._people:
            names = form.listed(self._people)
            self._wrong(place, f"say who does it: write it under {names}")
        return None

    def _event(
        self, words: str, value: Value | None, place: Place, at: Instant, person: Person | None
    ) -> None:
        plan = self._names.plan
        event, _, source = (words, "", "") if words in plan.events else words.partition(" from ")
        if not self._names.refer("event", event, place):
            return
        if source and not self._names.refer("source", source, place):
            return
        is_bare = value is None or (isinstance(value, Leaf) and value.value is None)
        if value is not None and not is_bare and not isinstance(value, Fields):
            form.fields(self._names.findings, value, event)
            return
        who = self._who(person, place)
        if who is None:
            return
        declared = plan.events.get(event)
        schema: Mapping[str, Any] = declared.schema if declared is not None else {}
        given = in_time(mapping_of(value), at)
        body = complete(schema, given, own=_own(plan, who), at=at)
        source = source or _source_of(plan, event)
        wrong = breach(schema, body) if event not in self.set_aside else ""
        if wrong and declared and policy_of(declared, source) in ("quarantine", "block"):
            self._names.findings.report(
                "G304",
                value.place if value is not None else place,
                f"the catalog does not take this `{event}`: {wrong}",
                f"give it the value, or expect it aside: `then: {{quarantined: {event}}}`",
            )
        self._add(Does(at=at, place=place, person=who.name, event=event, body=body, source=source))

    def _consents(self, value: Value, place: Place, at: Instant, person: Person | None) -> None:
        who = self._who(person, place)
        lines = read_consents(self._names, value)
        if who is not None and lines:
            self._add(Says(at=at, place=place, person=who.name, lines=lines))

    def _reply(
        self, channel: str, value: Value | None, place: Place, at: Instant, person: Person | None
    ) -> None:
        plan, who = self._names.plan, self._who(person, place)
        if not self._names.refer("channel", channel, place) or who is None:
            return
        sources = [
            source.name
            for source in plan.sources.values()
            if source.opt_outs is not None
            and source.opt_outs.channel == channel
            and source.hook is not None
            and source.hook.kind == "twilio_sms"
        ]
        if not sources:
            what = f"nobody can reply by {channel}: no source takes replies in"
            fix = f"declare one: `source: replies`, `kind: twilio_sms`, `channel: {channel}`"
            self._names.findings.report("G305", place, what, fix)
            return
        text = form.any_text(self._names.findings, value or _EMPTY, "replies")
        if text is not None:
            self._add(Replies(at=at, place=place, person=who.name, source=sources[0], text=text))

    def _call(
        self, journey: str, value: Value | None, place: Place, at: Instant, person: Person | None
    ) -> None:
        who = self._who(person, place)
        if not self._names.refer("journey", journey, place) or who is None:
            return
        if self._names.plan.journeys[journey].entry.kind in ("event", "segment"):
            what = f"nobody is put into {journey}: it is entered by what happens"
            self._names.findings.report("G305", place, what, "let that happen instead")
            return
        body = mapping_of(value)
        self._add(Calls(at=at, place=place, person=who.name, journey=journey, body=body))

    def _switch(self, word: str, journey: str, place: Place, at: Instant) -> None:
        if self._names.refer("journey", journey, place):
            self._add(Switches(at=at, place=place, journey=journey, is_paused=word == "pause"))

    def _apply(self, change: str, place: Place, at: Instant) -> None:
        if change in self._changes:
            self._add(Applies(at=at, place=place, change=change))
            return
        near = form.nearest(change, self._changes)
        fix = (
            f"did you mean `{near}`?" if near else f"put its files into scenarios/changes/{change}/"
        )
        self._names.findings.report("N202", place, f"there is no change named `{change}`", fix)

    def _provider(self, name: str, value: Value, place: Place, at: Instant) -> None:
        if not self._names.refer("destination", name, place):
            return
        behaviour = self._behaviour(value, at)
        if behaviour is not None:
            self._add(ProviderTurns(at=at, place=place, destination=name, behaviour=behaviour))

    def _behaviour(self, value: Value, at: Instant) -> Behaviour | None:
        found = self._names.findings
        word = scalar_of(value)
        if word is not None:
            known = form.one_of(("works", "down"))(found, value, "provider")
            return None if known is None else Behaviour(is_down=known == "down")
        tree = form.fields(found, value, "provider")
        if tree is None:
            return None
        part = Form(found, tree, "a provider")
        body = part.take("body")
        headers = {str(k).lower(): str(v) for k, v in mapping_of(part.take("headers")).items()}
        made = Behaviour(
            status=part.read("answer", form.whole, 200 if body is not None else 0),
            body=None if body is None else plain(body),
            headers=headers,
            latency=part.read("slow", duration_of, None),
            is_down=part.read("down", form.boolean, default=False),
            is_mute=part.read("mute", form.boolean, default=False),
            until=_until(part, at),
            times=part.read("times", form.whole, None),
        )
        part.close()
        return made

    def _source(self, words: str, value: Value, place: Place, at: Instant) -> None:
        name = words.removesuffix(" posts")
        if not self._names.refer("source", name, place):
            return
        if name != words:
            if self._names.plan.sources[name].inbound is None:
                what = f"`{name}` is not read by a connector, so nothing is posted to it"
                fix = "let the event happen: `Event from source: {...}`"
                self._names.findings.report("G305", place, what, fix)
                return
            self._add(Posts(at=at, place=place, source=name, body=in_time(plain(value), at)))
            return
        lag = self._lag(value, at)
        if lag is not None:
            self._add(SourceTurns(at=at, place=place, source=name, lag=lag))

    def _lag(self, value: Value, at: Instant) -> Lag | None:
        found = self._names.findings
        if scalar_of(value) == "on time":
            return Lag()
        tree = form.fields(found, value, "source")
        if tree is None:
            return None
        part = Form(found, tree, "a source")
        late, behind = part.take("late"), part.take("behind")
        lag = Lag(
            is_behind=behind is not None,
            shuffled=part.read("shuffled", form.duration, 0),
            copies=part.read("copies", form.whole, 1),
            until=_until(part, at),
        )
        part.close()
        if late is not None and behind is not None:
            what = "a source is behind with what it does, or late with what it tells"
            found.report("G306", part.place_of("behind"), what, "keep one of the two")
        delay = late or behind
        if isinstance(delay, Fields):
            inner = Form(found, delay, "how late it is")
            p50 = inner.need_read("p50", form.duration, 1, example="p50: 30s")
            p99 = inner.need_read("p99", form.duration, 1, example="p99: 30m")
            inner.close()
            return msgspec.structs.replace(lag, late_p50=p50, late_p99=max(p50, p99))
        if delay is None:
            return lag
        return msgspec.structs.replace(lag, late=form.duration(found, delay, "late") or 0)

    def _add(self, happening: Happening) -> None:
        self.happenings.append(happening)

    def _wrong(self, place: Place, fix: str) -> None:
        self._names.findings.report("G303", place, "it is not clear what happens here", fix)


def _until(part: Form, at: Instant) -> Instant | None:
    length: Duration | None = part.read("for", form.duration, None)
    return None if length is None else at + length


def _word(value: Value | None) -> str:
    return (scalar_of(value) or "") if value is not None else ""


def _source_of(plan: Plan, event: str) -> str:
    """Return where an event comes from unless it is said: the first source that sends it."""
    declared = plan.events.get(event)
    if declared is not None and declared.sources:
        return declared.sources[0]
    clients = [one for one in plan.sources.values() if one.hook is None and one.inbound is None]
    spoken = [one.name for one in clients if one.name == "web"] or [one.name for one in clients]
    return spoken[0] if spoken else "web"


def _own(plan: Plan, person: Person) -> dict[str, Any]:
    """Return properties that are the person's own, where the catalog requires them."""
    own: dict[str, Any] = {**person.traits, **person.identifiers}
    for kind in plan.identity.kinds:
        for path in kind.paths:
            root, _, name = path.partition(".")
            if root == "properties" and kind.name in person.identifiers:
                own[name] = person.identifiers[kind.name]
    return own
