"""`given:` who there is, what is known of them and when the story begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from legato.core.program import ZONE_TRAIT
from legato.model.consent import EVERY_CHANNEL
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Channel, Plan
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scenarios.bodies import breach, in_time
from legato.plan.scenarios.names import Names
from legato.plan.scenarios.people import is_drawn
from legato.plan.scenarios.scenario import Person, Said
from legato.plan.scenarios.times import read_instant
from legato.plan.source import Field, Fields, Items, Leaf, Value, plain

CONSENTS = ("granted", "denied", "unknown")
_BY_IDENTIFIER = "identifier:"
DRAWS_MAX = 20_000
"""People tried until one has the draws wanted: an arm of one in a thousand is found."""
PEOPLE_MAX = 1_000
_NAMES = ("name", "first_name")
"""Traits that everybody has whom a shop knows, and that every letter begins with."""


class Given(Noun, frozen=True, kw_only=True):
    """How a story begins."""

    people: tuple[Person, ...]
    start: Instant
    zone: str
    before: Items | None = None
    """What happened earlier, not read yet."""
    turns: tuple[Field, ...] = ()
    """How providers and sources behave from the beginning, not read yet."""


def read_given(names: Names, value: Value) -> Given:
    """Read how a story begins."""
    found = names.findings
    tree = form.fields(found, value, "given") or Fields(place=value.place, fields=())
    part = Form(found, tree, "`given`")
    zone = _zone(names, part)
    start = _start(part, zone or names.plan.zone)
    people: list[Person] = []
    if "people" in part:
        each = part.read("people", form.fields, Fields(place=tree.place, fields=()))
        for number, field in enumerate(each.fields):
            inner = form.fields(found, field.value, field.key)
            if inner is not None:
                one = Form(found, inner, f"`{field.key}`")
                own = _zone(names, one) or zone
                people.append(_person(names, one, field.key, zone=own, number=number, at=start))
                one.close()
    else:
        name = part.need_read("person", form.any_text, "somebody", example="person: ana")
        people.append(_person(names, part, name, zone=zone, number=0, at=start))
    before = part.read("before", form.items, None)
    turns = tuple(f for f in tree.fields if f.key.startswith(("provider ", "source ")))
    for turn in turns:
        part.take(turn.key)
    part.close()
    wall = zone or (people[0].zone if people else "") or names.plan.zone
    return Given(people=tuple(people), start=start, zone=wall, before=before, turns=turns)


def _zone(names: Names, part: Form) -> str:
    zone = part.read("zone", form.text, "")
    return zone if zone and names.refer_zone(zone, part.place_of_value("zone")) else ""


def _start(part: Form, zone: str) -> Instant:
    text = part.need_read("at", form.text, "", example="at: 2026-03-02 10:00")
    found = read_instant(text, zone) if text else 0
    if found is None:
        what = f"`at` is no time: `{text}`"
        fix = "write `at: 2026-03-02 10:00`, the time on the wall of `zone`"
        part.findings.report("G301", part.place_of_value("at"), what, fix)
    return found or 0


def _person(  # noqa: PLR0913 - what a person is made of
    names: Names, part: Form, name: str, *, zone: str, number: int, at: Instant
) -> Person:
    reached = _reached(names, part)
    said = part.take("identifiers")
    identifiers = _identifiers(names, said) if said is not None else {}
    given = part.take("traits")
    traits = _traits(names, given, at) if given is not None else {}
    if zone:
        traits[ZONE_TRAIT] = zone
    consents = part.take("consents")
    person = Person(
        name=name,
        zone=zone,
        identifiers=identifiers,
        traits=traits,
        consents=read_consents(names, consents) if consents is not None else (),
        arms=_arms(names, part),
        holdouts=_holdouts(names, part),
    )
    found = _drawn(names.plan, person, reached, number)
    if found is None:
        names.findings.report(
            "G305",
            part.place,
            f"nobody like `{name}` draws these arms and holdouts",
            "leave out `identifiers`, `arms` or `held_out_by`: draws go by the identifiers",
        )
    return found or person


def _drawn(plan: Plan, person: Person, reached: list[Channel], number: int) -> Person | None:
    """Make up what identifies the person, so that they draw what the story says they do."""
    for attempt in range(DRAWS_MAX):
        name = f"{person.name}-{attempt}" if attempt else person.name
        made = _made(plan, person, reached, name=name, number=number + attempt * PEOPLE_MAX)
        if is_drawn(plan, made):
            return made
    return None


def _made(plan: Plan, person: Person, reached: list[Channel], *, name: str, number: int) -> Person:
    identifiers = {"user_id": name, **person.identifiers}
    traits = _addresses(plan, reached, name=name, number=number, identifiers=identifiers)
    for trait in _NAMES:
        if trait in plan.traits:
            traits[trait] = person.name.title()
    traits |= person.traits
    return msgspec.structs.replace(
        person, identifiers=identifiers, traits=traits, carries=_carried(plan, traits)
    )


def _carried(plan: Plan, traits: Mapping[str, Any]) -> dict[str, str]:
    paths = [path for kind in plan.identity.kinds for path in kind.paths]
    if "user_id" in paths or "anonymous_id" in paths:
        return {}
    named = (path.removeprefix("traits.") for path in paths if path.startswith("traits."))
    return {name: traits[name] for name in named if isinstance(traits.get(name), str)}


def _reached(names: Names, part: Form) -> list[Channel]:
    """Return the channels that the person has an address for: all that are not excepted."""
    excepted = part.read("not_reachable_by", form.texts, ())
    for name in excepted:
        names.refer("channel", name, part.place_of_value("not_reachable_by"))
    channels = names.plan.channels.values()
    return [channel for channel in channels if channel.name not in excepted]


def _identifiers(names: Names, value: Value) -> dict[str, str]:
    tree = form.fields(names.findings, value, "identifiers")
    found: dict[str, str] = {}
    for field in tree.fields if tree else ():
        text = form.any_text(names.findings, field.value, field.key)
        if names.refer("identifier", field.key, field.place) and text is not None:
            found[field.key] = text
    return found


def _addresses(
    plan: Plan,
    channels: list[Channel],
    *,
    name: str,
    number: int,
    identifiers: dict[str, str],
) -> dict[str, Any]:
    """Make up what channels reach the person by."""
    traits: dict[str, Any] = {}
    for channel in channels:
        if channel.address.startswith(_BY_IDENTIFIER):
            kind = channel.address.removeprefix(_BY_IDENTIFIER)
            if kind != "user_id":
                identifiers.setdefault(kind, f"{name}-{kind}")
            continue
        declared = plan.traits.get(channel.address)
        schema: Mapping[str, Any] = declared.schema if declared is not None else {}
        made = _made_up(f"{channel.address} {channel.name}", name, number)
        fitting = (one for one in made if not breach(schema, one))
        traits[channel.address] = next(fitting, made[0])
    return traits


def _made_up(words: str, name: str, number: int) -> tuple[str, ...]:
    token = f"{name}-{words.split(maxsplit=1)[0]}"
    mail = f"{name.lower().replace(' ', '.')}@example.com"
    phone = f"+4477009{number:05d}"  # a range that Ofcom gives to nobody
    if "mail" in words:
        return mail, token, phone
    if any(part in words for part in ("phone", "mobile", "sms", "whatsapp", "number")):
        return phone, token, mail
    return token, mail, phone


def _traits(names: Names, value: Value, at: Instant) -> dict[str, Any]:
    tree = form.fields(names.findings, value, "traits")
    found: dict[str, Any] = {}
    for field in tree.fields if tree else ():
        if not names.refer("trait", field.key, field.place):
            continue
        if field.key in names.plan.computed:
            names.findings.report(
                "G303",
                field.place,
                f"`{field.key}` is computed from events; it cannot be given",
                "let the events happen under `given.before`",
            )
            continue
        given = in_time(plain(field.value), at)
        declared = names.plan.traits.get(field.key)
        wrong = breach(declared.schema, given) if declared and given is not None else ""
        if wrong:
            fix = "give it a value that its `schema:` in the catalog allows"
            names.findings.report(
                "G304", field.value.place, f"`{field.key}` cannot be this: {wrong}", fix
            )
        found[field.key] = given
    return found


def read_consents(names: Names, value: Value) -> tuple[Said, ...]:
    """Read `{marketing: granted}`, `{email: denied}` or `{marketing: {sms: granted}}`."""
    tree = form.fields(names.findings, value, "consents")
    said: list[Said] = []
    for field in tree.fields if tree else ():
        plan, key = names.plan, field.key
        if key in plan.channels and key not in plan.purposes:
            asked = [p.name for p in plan.purposes.values() if p.basis == "consent"]
            said += _said(names, field.value, asked or [*plan.purposes], key)
        elif key in plan.purposes or not _is_near_channel(names, field):
            if not names.refer("purpose", key, field.place):
                continue
            if not isinstance(field.value, Fields):
                said += _said(names, field.value, [key], EVERY_CHANNEL)
                continue
            for inner in field.value.fields:
                if names.refer("channel", inner.key, inner.place):
                    said += _said(names, inner.value, [key], inner.key)
    return tuple(said)


def _is_near_channel(names: Names, field: Field) -> bool:
    """Report a name that is neither, as the one it is nearer to."""
    near = form.nearest(field.key, [*names.plan.purposes, *names.plan.channels])
    if near is None or near not in names.plan.channels:
        return False
    names.refer("channel", field.key, field.place)
    return True


def _said(names: Names, value: Value, purposes: list[str], channel: str) -> list[Said]:
    word = form.one_of(CONSENTS)(names.findings, value, "consents")
    if word is None or word == "unknown":
        return []
    return [Said(purpose=one, channel=channel, is_granted=word == "granted") for one in purposes]


def _arms(names: Names, part: Form) -> dict[str, str]:
    tree = part.read("arms", form.fields, Fields(place=part.place, fields=()))
    drawn: dict[str, str] = {}
    for field in tree.fields:
        arm = form.any_text(names.findings, field.value, field.key)
        salt = None if arm is None else names.salt_of(field.key, arm, field.value.place)
        if salt is not None and arm is not None:
            drawn[salt] = arm
    return drawn


def _holdouts(names: Names, part: Form) -> tuple[str, ...]:
    found = part.read("held_out_by", form.texts, ())
    place = part.place_of_value("held_out_by")
    return tuple(name for name in found if names.refer_holdout(name, place))


def scalar_of(value: Value) -> str | None:
    """Return a text as it is written; None where it is none."""
    return value.value if isinstance(value, Leaf) and isinstance(value.value, str) else None


def mapping_of(value: Value | None) -> Mapping[str, Any]:
    """Return a mapping without its places; anything else is an empty one."""
    return cast("Mapping[str, Any]", plain(value)) if isinstance(value, Fields) else {}
