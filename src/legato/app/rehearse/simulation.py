"""Simulations, composed: lives taken from a log or a file, people lived through by processes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from legato.app.rehearse.backtest import History
from legato.app.rehearse.parallel import Work, each
from legato.model.event import (
    NAME_OF_KIND,
    ConsentSaid,
    CustomerEvent,
    decode_event,
)
from legato.model.ids import EventId, derive
from legato.model.instant import DAY, Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, plan_digest
from legato.model.problem import LegatoError
from legato.plan.crowds.crowd import Crowd
from legato.simulate.crowd.flow import Flow, merge_flows
from legato.simulate.crowd.kinds import Kinds
from legato.simulate.crowd.lives import Deed, Record, draw, read_lives
from legato.simulate.crowd.people import Casting
from legato.simulate.crowd.pressure import merge
from legato.simulate.crowd.report import Report
from legato.simulate.crowd.run import Line, Lived, Told, live
from legato.simulate.dice import Dice
from legato.stores.memory import MemoryLog, MemoryStore

PART_PEOPLE = 500
"""The same on every machine, since a part is a world of its own."""
_Part: TypeAlias = tuple[range, Record | None]
HISTORY_FILE = "history.jsonl.gz"


class Asked(Noun, frozen=True, kw_only=True):
    """What is to be simulated."""

    plan: Plan
    crowd: Crowd
    seed: int
    start: Instant


class Simulated(msgspec.Struct, kw_only=True):
    """What came of it."""

    report: Report
    decisions: list[Line]
    flow: Flow


def lives_of_data(data: Path, plan: Plan) -> Record:
    """Take lives from the log of a data folder. Raises LegatoError where nothing is in it."""
    return _lives(deeds_of_data(data), plan, data)


def deeds_of_data(data: Path, speed: int = 1) -> list[Deed]:
    """Return what people did; at the pace they did it, where `speed` was a demonstration's."""
    with History(data) as history:
        events = (decode_event(record) for _, record in history.records())
        deeds = [each for each in events if isinstance(each, CustomerEvent | ConsentSaid)]
    if speed == 1 or not deeds:
        return deeds
    first = min(deed.received_at for deed in deeds)
    return [_at_pace(deed, (deed.received_at - first) * (speed - 1)) for deed in deeds]


def _at_pace(deed: Deed, later: Duration) -> Deed:
    """Put off a deed; how late it came stays, as networks do not run in time-lapse."""
    return replace(deed, received_at=deed.received_at + later, occurred_at=deed.occurred_at + later)


def lives_of_file(path: Path, plan: Plan) -> Record:
    """Take lives from calls of SDKs, one a line: `{"at": microseconds, "source", "item"}`."""
    try:
        return _lives(list(_calls(path)), plan, path)
    except (OSError, EOFError, KeyError, msgspec.DecodeError) as error:
        raise LegatoError(
            f"{path} cannot be read as recorded calls: {error}.",
            fix='Each line is {"at": microseconds, "source": name, "item": the call}.',
        ) from error


def _lives(deeds: list[Deed], plan: Plan, place: Path) -> Record:
    deeds.sort(key=lambda deed: deed.received_at)
    if not deeds:
        raise LegatoError(f"Nobody did anything in {place}.", fix="Let events come in first.")
    return read_lives(deeds, plan)


def _calls(path: Path) -> Iterator[CustomerEvent]:
    with gzip.open(path, "rb") as file:
        for line in file:
            call: dict[str, Any] = msgspec.json.decode(line)
            item = call["item"]
            yield CustomerEvent(
                event_id=EventId(derive("event", call["source"], item["messageId"])),
                received_at=call["at"],
                occurred_at=call["at"],
                source=call["source"],
                message_id=item["messageId"],
                kind=item["type"],
                name=item.get("event") or NAME_OF_KIND[item["type"]],
                user_id=item.get("userId"),
                anonymous_id=item.get("anonymousId"),
                body=msgspec.json.encode(item.get("properties") or item.get("traits") or {}),
                context=msgspec.json.encode(item.get("context") or {}),
            )


def simulate(
    record: Record | None, asked: Asked, work: Work, *, told: Told | None = None
) -> Simulated:
    """Live through a crowd's days; the same seed gives the same, however many processes do it.

    Lives on record are needed where the crowd does not say itself what people do. With `told`,
    which hears which share is done, everybody lives in this process.
    """
    people, dice = asked.crowd.people, Dice(asked.seed)
    parts: list[_Part] = []
    for at in range(0, people, PART_PEOPLE):
        numbers = range(at, min(at + PART_PEOPLE, people))
        drawn = None if record is None else draw(record, numbers, dice)
        parts.append((numbers, drawn))
    if told is None:
        lived = each(partial(_live, asked), parts, work)
    else:
        lived = [_live(asked, part, told) for part in parts]
    digest = hashlib.blake2b("".join(one.digest for one in lived).encode(), digest_size=16)
    pressure = merge(one.pressure for one in lived)
    decisions = sorted(
        (line for one in lived for line in one.decisions),
        key=lambda line: (line.at, line.person_id, line.delivery_id),
    )
    report = Report(
        crowd=asked.crowd.name,
        people=pressure.people,
        lives=people,
        days=asked.crowd.span // DAY,
        seed=asked.seed,
        start=asked.start,
        plan=plan_digest(asked.plan),
        currency=asked.plan.currency,
        digest=digest.hexdigest(),
        record_count=pressure.record_count,
        pressure=pressure,
    )
    return Simulated(
        report=report, decisions=decisions, flow=merge_flows(one.flow for one in lived)
    )


def _live(asked: Asked, part: _Part, told: Told | None = None) -> Lived:
    numbers, record = part

    def tell(share: float) -> None:
        assert told is not None, "somebody listens"
        told((numbers.start + share * len(numbers)) / asked.crowd.people)

    dice, crowd = Dice(asked.seed), asked.crowd
    kinds = Kinds(crowd, asked.plan, dice)
    return live(
        MemoryLog(),
        MemoryStore(),
        kinds if record is None else Casting(record, asked.plan, dice, crowd.sources),
        plan=asked.plan,
        crowd=crowd,
        seed=asked.seed,
        numbers=numbers,
        start=asked.start,
        told=None if told is None else tell,
    )
