"""What comes of a simulation, as a screen shows it: counts, and nobody in them."""

from __future__ import annotations

from collections.abc import Mapping

from legato.app.rehearse.simulation import Simulated
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.simulate.crowd.pressure import PAIRS_SHOWN, percentile
from legato.simulate.crowd.promises import Promises
from legato.simulate.crowd.report import Report

_PAIR = " + "


class CrowdWeek(Noun, frozen=True, kw_only=True):
    """Messages to one person in one week, over weeks with any."""

    p50: int
    p95: int
    p99: int
    most: int


class CrowdLoad(Noun, frozen=True, kw_only=True):
    """In how many weeks somebody got so many messages."""

    messages: int
    weeks: int


class CrowdMeeting(Noun, frozen=True, kw_only=True):
    """Two journeys that reached one person, and how often."""

    one: str
    other: str
    count: int
    same_item: int = 0
    """Of these, about the same item."""


class CrowdKeptBack(Noun, frozen=True, kw_only=True):
    """An offer that was not made because another one held."""

    refused: str
    """The journey; empty: of none."""
    held: str
    count: int


class CrowdOffers(Noun, frozen=True, kw_only=True):
    """What became of offers."""

    made: int
    avoided: tuple[CrowdKeptBack, ...]
    broken: tuple[CrowdMeeting, ...]
    """Both were made, and contradict each other: a fault of Legato."""


class CrowdGate(Noun, frozen=True, kw_only=True):
    """How many messages of a journey a gate refused."""

    journey: str
    """Empty: of none."""
    code: str
    count: int


class CrowdJourney(Noun, frozen=True, kw_only=True):
    """What a journey did to the crowd."""

    journey: str
    """Empty: what belongs to none."""
    entered: int
    sent: int
    cost_micros: int


class CrowdWay(Noun, frozen=True, kw_only=True):
    """How many went a way of a journey."""

    journey: str
    from_step: str
    """Empty: those who came in."""
    to_step: str
    """Empty: out of the journey."""
    outcome: str
    count: int


class CrowdLife(Noun, frozen=True, kw_only=True):
    """The crowd's days under one plan."""

    plan: str
    digest: str
    """Over every note and delivery: the same seed gives the same."""
    people: int
    """Who did anything."""
    record_count: int
    sent: Mapping[str, int]
    """By channel."""
    reached: int
    held: int
    """How often a message had to wait for a gate."""
    cost_micros: int
    week: CrowdWeek
    loads: tuple[CrowdLoad, ...]
    days: tuple[Mapping[str, int], ...]
    """Of every day, messages by channel."""
    meetings: tuple[CrowdMeeting, ...]
    gates: tuple[CrowdGate, ...]
    journeys: tuple[CrowdJourney, ...]
    offers: CrowdOffers | None
    """None: the plan has none."""
    ways: tuple[CrowdWay, ...]


class CrowdFound(Noun, frozen=True, kw_only=True, tag="simulate", tag_field="kind"):
    """What came of a simulation."""

    crowd: str
    is_recorded: bool
    """Whether people were cast from lives on record."""
    lives: int
    days: int
    seed: int
    start: Instant
    currency: str
    now: CrowdLife
    was: CrowdLife | None
    """The same people under what runs, where that was asked for."""


def life_of(simulated: Simulated) -> CrowdLife:
    """Return one life of a crowd as it is shown."""
    report = simulated.report
    found, side = report.pressure, report.pressure.side
    p50, p95, p99, most = (percentile(found.loads, share) for share in (0.5, 0.95, 0.99, 1.0))
    return CrowdLife(
        plan=report.plan,
        digest=report.digest,
        people=report.people,
        record_count=report.record_count,
        sent=dict(sorted(side.sent.items())),
        reached=side.people,
        held=side.held,
        cost_micros=sum(side.cost_micros.values()),
        week=CrowdWeek(p50=p50, p95=p95, p99=p99, most=most),
        loads=tuple(
            CrowdLoad(messages=load, weeks=count) for load, count in sorted(found.loads.items())
        ),
        days=tuple(found.days.get(day, {}) for day in range(report.days)),
        meetings=_meetings(found.pairs, found.same_item)[:PAIRS_SHOWN],
        gates=_gates(found.refusals),
        journeys=_journeys(report),
        offers=None if found.offers is None else _offers(found.offers),
        ways=tuple(
            CrowdWay(journey=journey, from_step=one, to_step=other, outcome=outcome, count=count)
            for (journey, one, other, outcome), count in simulated.flow.items()
        ),
    )


def _meetings(pairs: Mapping[str, int], same_item: Mapping[str, int]) -> tuple[CrowdMeeting, ...]:
    most_first = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        CrowdMeeting(
            one=pair.partition(_PAIR)[0],
            other=pair.partition(_PAIR)[2],
            count=count,
            same_item=same_item.get(pair, 0),
        )
        for pair, count in most_first
    )


def _gates(refusals: Mapping[str, Mapping[str, int]]) -> tuple[CrowdGate, ...]:
    found = [
        CrowdGate(journey=journey, code=code, count=count)
        for journey, counts in refusals.items()
        for code, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.journey, one.code)))


def _journeys(report: Report) -> tuple[CrowdJourney, ...]:
    side, sent = report.pressure.side, report.pressure.journeys
    return tuple(
        CrowdJourney(
            journey=name,
            entered=side.entered.get(name, 0),
            sent=sent.get(name, 0),
            cost_micros=side.cost_micros.get(name, 0),
        )
        for name in sorted({*side.entered, *sent})
    )


def _offers(promises: Promises) -> CrowdOffers:
    return CrowdOffers(
        made=promises.made,
        avoided=tuple(
            CrowdKeptBack(refused=refused, held=held, count=count)
            for refused, held, count in promises.avoided_pairs()
        ),
        broken=_meetings(promises.broken, {}),
    )
