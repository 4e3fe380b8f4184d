"""One vector through the same code that a lane runs, with the recorded answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from legato.connectors.accounts import with_account
from legato.connectors.exchange.batch.packet import Carrying, carry, pack
from legato.connectors.exchange.batch.piece import Piece, Ready, gather
from legato.connectors.exchange.exchange import Ask, Done, Exchange, Refused, begin
from legato.connectors.exchange.scene import Choice
from legato.connectors.language.frame import Frame
from legato.connectors.language.functions.instants import instant_of
from legato.connectors.language.value import Read, Value, as_text, fields_of
from legato.connectors.settings import compile_map, wrong_value
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.connectors.verify.compare import Seen, seen
from legato.connectors.verify.conformance import Conformance, facts_of, kinds_of, settings_of
from legato.connectors.verify.vector import Expected, Vector
from legato.model.delivery import Delivery, Operation
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, SECOND, Instant
from legato.model.noun import Noun
from legato.model.wire import Response

NOW: Instant = 1_700_000_000_000_000


class Sent(Noun, frozen=True, kw_only=True):
    """What was sent for some items."""

    members: tuple[int, ...]
    requests: tuple[Seen, ...]


class Run(Noun, frozen=True, kw_only=True):
    """What came of a vector."""

    requests: tuple[Seen, ...] = ()
    refused: str = ""
    packets: tuple[Sent, ...] = ()


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a vector, ready to run."""

    spec: Spec
    delivery: Delivery
    terms: Terms
    choice: Choice
    now: Instant
    answers: Mapping[str, Read]
    """What lookups are answered that were not recorded. Those that were are requests."""
    steps: Mapping[str, Read]
    """What more an answer to a step held than was recorded of it: its headers."""
    facts: Frame


def run_one(spec: Spec, conformance: Conformance, vector: Vector) -> Run:
    """Run every item by itself, one after the other."""
    answers = iter(vector.requests)
    found: list[Seen] = []
    refused = ""
    for at in range(max(1, len(vector.payloads))):
        part = _part(spec, conformance, vector, at)
        if isinstance(part, str):
            refused = refused or part
            continue
        sent, why = _exchange(part, answers)
        found += sent
        refused = refused or why
    return Run(requests=tuple(found), refused=refused)


def run_batch(spec: Spec, conformance: Conformance, vector: Vector) -> Run:
    """Run all items of a vector, together where they may travel together."""
    answers = iter(vector.requests)
    given: list[tuple[int, Piece]] = []
    packets: list[Sent] = []
    lookups: list[Seen] = []
    cache: dict[str, Response] = {}
    refused = ""
    last: _Part | None = None
    for at in _order(vector):
        part = _part(spec, conformance, vector, at)
        if isinstance(part, str):
            refused = part
            continue
        last = part
        asked, made = _gathered(part, answers, cache)
        lookups += asked
        if isinstance(made, str):
            refused = made
        elif made is None:
            sent, refused = _exchange(part, answers)
            if sent:
                packets.append(Sent(members=(at,), requests=tuple(sent)))
        else:
            given += [(at, piece) for piece in made]
    if last is not None and given:
        together: dict[tuple[int, ...], list[Seen]] = {}
        for packet in pack(given):
            carrying = carry(last.spec, packet, terms=last.terms, now=last.now)
            sent, why = _talk(last, carrying, answers)
            members = tuple(sorted(dict.fromkeys(packet.members)))
            together.setdefault(members, []).extend(sent)
            refused = why or refused
        packets += [
            Sent(members=members, requests=tuple(many)) for members, many in together.items()
        ]
        packets.sort(key=lambda packet: packet.members)
    every = [*lookups, *(request for packet in packets for request in packet.requests)]
    return Run(requests=tuple(every), refused=refused, packets=tuple(packets))


def _order(vector: Vector) -> list[int]:
    """Return items in the order in which they were put together; the others after them."""
    many = range(max(len(vector.items), len(vector.payloads)))
    recorded = [at for batch in vector.batches for at in batch["items"]]
    return list(dict.fromkeys([*recorded, *many]))


def _gathered(
    part: _Part, answers: Iterator[Expected], cache: dict[str, Response]
) -> tuple[list[Seen], tuple[Piece, ...] | str | None]:
    """Ask what has to be known, once for all that share the answer, and return the pieces."""
    gathering = gather(part.spec, part.delivery, terms=part.terms, now=part.now, choice=part.choice)
    asked: list[Seen] = []
    step = gathering.next()
    while isinstance(step, Ask):
        key = step.question.key if step.question is not None else ""
        told = _told(part, _lookup(step))
        if told:
            answer = _response(told)
        elif key in cache:
            answer = cache[key]
        else:
            asked.append(seen(step.request, step.format))
            answer = _response(_given(next(answers, None)))
        if key:
            cache[key] = answer
        step = gathering.next(answer)
    match step:
        case Refused():
            return asked, step.reason.what
        case Done():
            return asked, "a question was not answered"
        case Ready():
            return asked, step.pieces


def _exchange(part: _Part, answers: Iterator[Expected]) -> tuple[list[Seen], str]:
    exchange = begin(part.spec, part.delivery, terms=part.terms, now=part.now, choice=part.choice)
    return _talk(part, exchange, answers)


def _talk(
    part: _Part, exchange: Exchange | Carrying, answers: Iterator[Expected]
) -> tuple[list[Seen], str]:
    """Return what is asked and sent, given what was answered, and why there is no more."""
    found: list[Seen] = []
    ask = exchange.next()
    while isinstance(ask, Ask):
        told = _told(part, _lookup(ask))
        if told:
            ask = exchange.next(_response(told))
            continue
        found.append(seen(ask.request, ask.format))
        given = _given(next(answers, None))
        more = part.steps.get(ask.name)
        ask = exchange.next(_response({**given, **(fields_of(more(part.facts)) if more else {})}))
    return found, ask.reason.what if isinstance(ask, Refused) else ""


def _told(part: _Part, lookup: str) -> Mapping[str, Any]:
    """Return what a lookup was answered; nothing where that was recorded."""
    read = part.answers.get(lookup)
    return fields_of(read(part.facts)) if read is not None else {}


def _lookup(ask: Ask) -> str:
    return ask.question.lookup.name if ask.question is not None else ""


def _given(expected: Expected | None) -> Mapping[str, Any]:
    return expected.response if expected is not None else {}


def _response(answer: Mapping[str, Any]) -> Response:
    body: Value = answer.get("body", {})
    headers = fields_of(answer.get("headers"))
    return Response(
        status=answer.get("status") or 200,
        headers={name.lower(): as_text(one) for name, one in headers.items()},
        body=body.encode() if isinstance(body, str) else msgspec.json.encode(body),
    )


def _part(spec: Spec, conformance: Conformance, vector: Vector, at: int) -> _Part | str:
    """Make of one item what a lane would have; return why it cannot be one."""
    facts = facts_of(vector, at)
    settings = settings_of(spec, conformance, facts)
    for name, setting in spec.settings.items():
        if name not in settings:
            if setting.required:
                return f"the setting `{name}` is missing"
        elif not setting.secret:
            wrong = wrong_value(setting, settings[name])
            if wrong is not None:
                return f"the setting `{name}` {wrong[0]}"
    now = _now(vector, facts)
    choice, on, content, address = _chosen(vector, conformance, facts)
    if vector.action and not choice.route and on == "event":
        return f"the action {vector.action} has no route here"
    token = conformance.settings.get("token")
    own = _map(spec, conformance, facts)
    return _Part(
        spec=with_account(spec, settings),
        delivery=_delivery(vector, on, content, address, now),
        terms=Terms(
            settings=settings,
            timeout=SECOND,
            token=fields_of(token.read(facts)) if token is not None else {},
            inputs=own,
        ),
        choice=choice,
        now=now,
        answers=_answers(vector, conformance),
        steps={name: node.read for name, node in conformance.answers[""].items()},
        facts=facts,
    )


def _answers(vector: Vector, conformance: Conformance) -> dict[str, Read]:
    """Return what lookups are answered: of actions that was recorded, or is told of their kind."""
    return {
        name: node.read
        for kind in kinds_of(vector)
        if kind or not vector.action
        for name, node in conformance.answers.get(kind, {}).items()
    }


def _map(spec: Spec, conformance: Conformance, facts: Frame) -> dict[str, Read]:
    given = conformance.settings.get("map")
    return compile_map(spec, {"map": given.read(facts)})[0] if given is not None else {}


def _chosen(
    vector: Vector, conformance: Conformance, facts: Frame
) -> tuple[Choice, Operation, Mapping[str, Any], str]:
    """Return the route that is the other product's action, and what it is given."""
    message = fields_of(facts["message"])
    if not vector.action:
        is_event = vector.operation == "event"
        address = "" if is_event else as_text(message.get("address", ""))
        return Choice(), vector.operation, message, address
    actions = conformance.actions
    action = actions.get(f"{vector.slug}/{vector.action}") or actions.get(vector.action)
    if action is None:
        return Choice(), "event", message, ""
    payload = fields_of(facts["payload"])
    given = {action.names.get(key, key): value for key, value in payload.items()}
    if action.inputs is not None:
        given = fields_of(action.inputs.read(facts))
    if action.on == "event":
        return Choice(action.route, given), "event", message, ""
    choice = Choice(action.route)
    address = as_text(action.address.read(facts)) if action.address is not None else ""
    return choice, action.on, given, address


def _now(vector: Vector, facts: Frame) -> Instant:
    message = fields_of(facts["message"])
    times = (vector.raw.get("clock"), message.get("receivedAt"), message.get("sentAt"))
    return next((found for found in map(instant_of, times) if found is not None), NOW)


def _delivery(
    vector: Vector, on: Operation, content: Mapping[str, Any], address: str, now: Instant
) -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(vector.id),
        person_id=PersonId("person"),
        operation=on,
        destination=vector.slug,
        channel="",
        purpose="",
        message=vector.action,
        address=address,
        content=content,
        decided_at=now,
        expires_at=now + DAY,
        trace=EventId(str(content.get("messageId") or vector.id)),
        captured_at=now,
        plan="",
    )
