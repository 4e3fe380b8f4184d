"""A no wins every race, and so does a purchase: once it is acknowledged nothing more is sent.

What is measured. T0 is the instant at which the intake answers, so before a sender could have read
its 200. An attempt begins when its lane asks for clearance. A request that reaches the sink was
either begun before T0, or it is a violation. `LEGATO_RACES` says how many races are run.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from legato.model.event import CustomerEvent
from legato.model.ids import PersonId, share
from legato.model.instant import DAY, HOUR, MILLISECOND, Duration
from legato.model.note import (
    AudienceChanged,
    Decided,
    Entered,
    Left,
    Note,
    Revoked,
    Settled,
    Story,
)
from tests.door.embedded import SYSTEM, Arrival, Embedded, OwnClock, Sink, compile_text, embedded

RACES = int(os.environ.get("LEGATO_RACES", "10000"))
WAVE = 200
SEED = os.environ.get("LEGATO_SEED", "races")
KINDS = ("deciding", "queued", "retrying", "rated", "held", "waiting")
"""Where a message is when the withdrawal comes."""
SKU = {"sku": "coat"}
NAMES = (*KINDS, "Sale", "Order Completed")
ENDS = {"event": "consent.withdrawn", "manager": "consent.withdrawn", "bought": "state.suppressed"}
"""How the person ends it -> the code of the reason that everything else is then refused for."""
SPREAD_SECONDS = 0.25
WAVE_SECONDS_MAX = 60
SEND = "  - send: {{message: reminder, on: {channel}, about: sku, expires: 6h}}"
MIDNIGHT = 20_500 * DAY
BEFORE_MORNING = 8 * HOUR - 250 * MILLISECOND
"""Quiet hours end soon after a wave begins."""
CHANNELS = {"email": "mail", "sms": "gateway", "push": "pusher", "letter": "printer"}
RATES = {"mail": "concurrency: 2", "gateway": "concurrency: 4", "pusher": "rate: 200/s"}


def workspace(port: int) -> str:
    parts = [
        """
workspace: races
zone: UTC
lateness: 10m
accept_unknown: true
---
identity:
  - {kind: user_id, from: [user_id], unique: true}
---
trait: email
owner: tests
purpose: marketing
schema: {type: string}
---
purposes:
  marketing: {basis: consent, promotional: true, title: Marketing}
---
consent: {opt_out_scope: global, categories: {Ads: marketing}}
---
quiet_hours: night
from: "21:00"
to: "08:00"
channels: [letter]
unknown_zones: [Etc/UTC]
---
suppress: bought
when: {did_same: Order Completed, on: "products[].sku", within: 14d}
because: bought it already
---
segment: shoppers
title: Shoppers
owner: tests
purpose: marketing
when: {did: queued, within: 1h}
keep_in: [ads]
"""
    ]
    parts += [f"event: {name}\nowner: tests\npurpose: marketing" for name in NAMES]
    for name in (*CHANNELS.values(), "ads"):
        path = "fails" if name == "gateway" else name
        parts.append(
            f"destination: {name}\nconnector: webhook\nallow_private: true\n"
            f'settings: {{url: "http://127.0.0.1:{port}/{path}"}}\n'
            "retry: {first: 60ms, factor: 1.5, longest: 1s, give_up: 1h}\n"
            + RATES.get(name, "concurrency: 16")
        )
    for channel, destination in CHANNELS.items():
        parts.append(f"channel: {channel}\ndestination: {destination}\naddress: identifier user_id")
    texts = "\n".join(f"{channel}: {{body: Come back}}" for channel in CHANNELS)
    parts.append(f"template: reminder\ntitle: Reminder\npurpose: marketing\n{texts}")
    ways = {"deciding": "email", "queued": "email", "retrying": "sms", "rated": "push"}
    for kind in KINDS:
        steps = ["  - wait: 120ms\n"] if kind == "waiting" else []
        channel = ways.get(kind, "letter" if kind == "held" else "email")
        steps.append(SEND.format(channel=channel))
        parts.append(journey(kind, kind, "".join(steps)))
    parts.append(journey("queued_by_another", "queued", SEND.format(channel="push")))
    for channel in CHANNELS:
        parts.append(journey(f"sale_by_{channel}", "Sale", SEND.format(channel=channel)))
    return "\n---\n".join(parts)


def journey(name: str, on: str, steps: str) -> str:
    return (
        f"journey: {name}\ntitle: {name}\nowner: tests\npurpose: marketing\n"
        f"enter: {{on: {on}, again: any time}}\nsteps:\n{steps}"
    )


class Race(msgspec.Struct):
    """One person's last word against one message on its way."""

    who: str
    kind: str
    end: str
    position: int = 0
    """Of the last word in the log."""
    over_at: Duration = 0
    """T0, by the monotonic count."""


def last_word(running: Embedded, race: Race) -> CustomerEvent:
    """Say no as clients do, by an event about one channel or a consent manager's state; or buy."""
    match race.end:
        case "event":
            body = {"purpose": "marketing", "granted": False, "channel": "sms", "wording": "STOP"}
            return running.event(race.who, "Consent Changed", body)
        case "manager":
            context = {"consent": {"categoryPreferences": {"Ads": False}}}
            return running.event(race.who, "", kind="identify", context=context)
        case _:
            body = {"products": [{"sku": "other"}, {"sku": SKU["sku"]}]}
            return running.event(race.who, "Order Completed", body)


async def race_one(running: Embedded, race: Race) -> None:
    """Let a message set out and a withdrawal follow it, at instants drawn by digest."""
    room = running.host.room
    spread = 0.01 if race.kind == "deciding" else SPREAD_SECONDS
    sets_out, says_no = (share(f"{what}{SEED}", race.who) for what in ("go", "no"))

    async def set_out() -> None:
        await asyncio.sleep(0.01 * sets_out)
        await room.accept([running.event(race.who, race.kind, SKU)])

    async def say_no() -> None:
        await asyncio.sleep(spread * says_no)
        race.position = await room.accept([last_word(running, race)])
        race.over_at = SYSTEM.monotonic()

    await asyncio.gather(set_out(), say_no())
    # What is decided afterwards must not be sent in any channel either.
    await room.accept([running.event(race.who, "Sale", SKU)])


class Evidence:
    """What the host's notes say, gathered as they are committed."""

    def __init__(self) -> None:
        self.stories: list[tuple[Story, Duration]] = []
        self._open: dict[str, None] = {}
        """Enrollments and deliveries that are not over."""
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def see(self, stories: Sequence[Story]) -> None:
        """Take note on the loop of what the engine's thread says."""
        self._loop.call_soon_threadsafe(self._see, stories, SYSTEM.monotonic())

    def report(self, sentence_count: int) -> bytes:
        return b"" * sentence_count

    def _see(self, stories: Sequence[Story], now: Duration) -> None:
        for story in stories:
            self.stories.append((story, now))
            for note in story.notes:
                self._follow(note)
        self._changed.set()

    def _follow(self, note: Note) -> None:
        match note:
            case Entered():
                self._open[note.enrollment_id] = None
            case Left():
                self._open.pop(note.enrollment_id)
            case AudienceChanged():
                self._open[note.delivery_id] = None
            case Decided() if note.verdict != "refuse":
                self._open[note.delivery_id] = None
            case Settled():
                self._open.pop(note.delivery_id, None)
            case _:
                pass

    async def all_over(self) -> None:
        while self._open:
            self._changed.clear()
            await self._changed.wait()


async def race_all(folder: Path) -> tuple[list[Seen], list[Request]]:
    """Race everybody, a wave a day: the host is started anew on its files every morning."""
    races = [
        Race(f"p{number}", KINDS[number % 6], list(ENDS)[number // 6 % 3])
        for number in range(RACES)
    ]
    pointers: dict[str, PersonId] = {}
    asked: dict[str, list[Duration]] = {}
    evidence = Evidence()
    async with Sink() as sink:
        plan = compile_text(workspace(sink.port))
        for day, start in enumerate(range(0, RACES, WAVE)):
            clock = OwnClock(MIDNIGHT + day * DAY + BEFORE_MORNING)
            async with (
                embedded(folder, plan, clock, observer=evidence) as running,
                asyncio.timeout(WAVE_SECONDS_MAX),
            ):
                await race_wave(running, races[start : start + WAVE])
                await evidence.all_over()
                pointers |= running.store.pointers([f"user_id:{one.who}" for one in races])
                asked |= running.gatekeeper.asked
    seen = {pointers[f"user_id:{one.who}"]: Seen(one) for one in races}
    for story, at in evidence.stories:
        if story.person_id in seen:
            seen[story.person_id].take(story, at)
    return list(seen.values()), [
        Request(arrival, max(at for at in asked[arrival.key] if at <= arrival.at))
        for arrival in sink.arrivals
        # That a no is told to connected systems is asked of no gate: it is never too late.
        if not arrival.key.startswith("opt_out_")
    ]


async def race_wave(running: Embedded, wave: list[Race]) -> None:
    context = {"consent": {"categoryPreferences": {"Ads": True}}}
    traits = {"email": "someone@example.com"}
    await running.feed(
        *(running.event(one.who, "", traits, kind="identify", context=context) for one in wave)
    )
    await asyncio.gather(*(race_one(running, one) for one in wave))
    await running.host.progress.reached(running.host.room.position)


class Request(msgspec.Struct, frozen=True):
    arrival: Arrival
    begun_at: Duration
    """When its attempt asked for clearance."""


class Seen:
    """What became of one person."""

    def __init__(self, race: Race) -> None:
        self.race = race
        self.decided: dict[str, tuple[int, Decided]] = {}
        self.settled: dict[str, Settled] = {}
        self.revoked: dict[str, Duration] = {}
        """Delivery -> how long after T0 its revocation was on record."""
        self.audience: list[bool] = []

    def take(self, story: Story, at: Duration) -> None:
        for note in story.notes:
            match note:
                case Decided():
                    self.decided[note.delivery_id] = (story.position, note)
                case Settled():
                    self.settled[note.delivery_id] = note
                case Revoked():
                    assert note.reason.code == ENDS[self.race.end]
                    self.revoked[note.delivery_id] = at - self.race.over_at
                case AudienceChanged():
                    self.audience.append(note.is_member)
                case _:
                    pass

    def fate(self, delivery_id: str, note: Decided) -> str:
        """Say in one word what became of a decision, by its notes alone."""
        if note.verdict == "refuse":
            return note.reason.code if note.reason else ""
        settled = self.settled[delivery_id]
        if settled.outcome == "accepted":
            return "sent"
        assert settled.outcome == "refused"
        if delivery_id in self.revoked:
            return "revoked"
        assert settled.reason is not None
        return settled.reason.code


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Seen], list[Request]]:
    return asyncio.run(race_all(tmp_path_factory.mktemp("races")))


def test_nothing_begins_to_be_sent_after_an_acknowledged_no(
    raced: tuple[list[Seen], list[Request]],
) -> None:
    everybody, requests = raced
    over_at = {key: seen.race.over_at for seen in everybody for key in seen.decided}

    messages = [one for one in requests if one.arrival.operation == "send"]
    late = [one for one in messages if one.begun_at > over_at[one.arrival.key]]
    under_way = [one.arrival.at - over_at[one.arrival.key] for one in messages]

    show("messages that reached their destination", len(messages))
    show("of these, on their way already at T0", percentiles([at for at in under_way if at > 0]))
    assert late == []


def test_every_message_on_its_way_was_sent_before_or_is_on_record_as_revoked(
    raced: tuple[list[Seen], list[Request]],
) -> None:
    everybody, requests = raced
    arrived = {one.arrival.key for one in requests}

    fates: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for seen in everybody:
        for delivery_id, (_, note) in seen.decided.items():
            fate = seen.fate(delivery_id, note)
            assert fate in ("sent", "revoked", ENDS[seen.race.end]), fate
            assert fate != "sent" or delivery_id in arrived
            if note.journey in KINDS:
                fates[note.journey][fate] += 1

    for kind, counter in fates.items():
        show(kind, dict(counter))
        assert counter.total() > counter["sent"]
    assert sum(counter["sent"] for counter in fates.values()) > 0
    show(
        "T0 to the revocation on record",
        percentiles([at for one in everybody for at in one.revoked.values()]),
    )


def test_after_the_last_word_every_channel_is_closed(
    raced: tuple[list[Seen], list[Request]],
) -> None:
    everybody, _ = raced

    for seen in everybody:
        afterwards = [
            note for position, note in seen.decided.values() if position > seen.race.position
        ]
        sale = {note.journey: note for note in afterwards if note.journey.startswith("sale_by")}
        assert len(sale) == len(CHANNELS)
        codes = {note.reason.code for note in afterwards if note.reason}
        assert {note.verdict for note in afterwards} == {"refuse"}
        assert codes == {ENDS[seen.race.end]}


def test_ad_audiences_are_left_at_a_no_and_not_joined_again(
    raced: tuple[list[Seen], list[Request]],
) -> None:
    everybody, _ = raced
    joined = [one for one in everybody if one.audience and one.race.end != "bought"]

    show("people in an audience when they said no", len(joined))
    assert joined
    assert [one.race for one in joined if one.audience != [True, False]] == []


def percentiles(durations: list[Duration]) -> str:
    if not durations:
        return "none"
    ordered = sorted(durations)
    p50, p99 = (ordered[int(len(ordered) * share)] / 1_000 for share in (0.5, 0.99))
    return (
        f"{len(ordered)}, p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {ordered[-1] / 1_000:.1f} ms"
    )


def show(what: str, figure: object) -> None:
    print(f"{what}: {figure}")  # noqa: T201 - the figures of the run, shown with -s
