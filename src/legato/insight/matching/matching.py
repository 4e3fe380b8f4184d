"""Who a rule is true of now: people as they stand, counted, and what each part of it removes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from legato.core.program import Program
from legato.expr.english import sentence
from legato.expr.facts import Facts
from legato.expr.python import compile_rule
from legato.insight.matching.untold import why_untold
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.rule import Rule
from legato.model.state import State, decode_state
from legato.ports.state_store import Records

PEOPLE_MAX = 5_000
"""People looked at: a quarter of a second. Ids are digests, so the first are as good as any."""
PAGE = 500
FEW = 5
"""Fewer people are not told apart: a rule could be written to ask about one of them."""


class RowCount(Noun, frozen=True, kw_only=True):
    """One part of a rule."""

    sentence: str
    matching: int | None = None
    """Of whom it holds by itself; None: fewer than five, or it cannot be told."""
    removes: int | None = None
    """Who met every part before it and does not meet this one; None: as of `matching`."""
    untold: str = ""
    """Why it cannot be told for people as they stand."""


class Matching(Noun, frozen=True, kw_only=True):
    """How many a rule is true of."""

    looked_at: int
    people: int
    """All there are; more than were looked at: the counts are of a sample, so say 'about'."""
    matching: int | None
    """Of those looked at; None: fewer than five, or not one part can be told."""
    is_whole: bool
    """Every part could be told."""
    rows: tuple[RowCount, ...]


def count_matching(
    records: Records,
    program: Program,
    rows: Sequence[Rule],
    now: Instant,
    *,
    as_runs: Callable[[Rule], Rule],
) -> Matching:
    """Count who meets a rule's parts. For a thread; looks at PEOPLE_MAX people at most.

    `as_runs`: a rule as written -> as the running plan would have it, where time is sped up.
    """
    running = [as_runs(rule) for rule in rows]
    untold = [why_untold(program, rule) for rule in running]
    tests = [None if why else compile_rule(rule) for rule, why in zip(running, untold, strict=True)]
    meets, removes = [0] * len(rows), [0] * len(rows)
    looked_at, matching = 0, 0
    for facts in _everybody(records, program, now):
        looked_at += 1
        is_in = True
        for number, test in enumerate(tests):
            if test is None:
                continue
            holds = test(facts)
            meets[number] += holds
            removes[number] += is_in and not holds
            is_in = is_in and holds
        matching += is_in
    can_tell = any(test is not None for test in tests)
    return Matching(
        looked_at=looked_at,
        people=max(records.counts()["people"], looked_at),
        matching=_many(matching) if can_tell else None,
        is_whole=not any(untold),
        rows=tuple(
            RowCount(
                sentence=sentence(rule),
                matching=None if why else _many(met),
                removes=None if why else _many(gone),
                untold=why,
            )
            for rule, why, met, gone in zip(rows, untold, meets, removes, strict=True)
        ),
    )


def _many(count: int) -> int | None:
    return count if count == 0 or count >= FEW else None


def _everybody(records: Records, program: Program, now: Instant) -> Iterator[Facts]:
    after, count = PersonId(""), 0
    while count < PEOPLE_MAX:
        page = list(records.people(after, PAGE))
        for person_id, data in page:
            after = person_id
            yield facts_of(decode_state(data), program, now)
        count += len(page)
        if len(page) < PAGE:
            return


def facts_of(state: State, program: Program, now: Instant) -> Facts:
    """Return what a rule may look at of a person by themselves."""
    computed = {name: each.slot for name, each in program.plan.computed.items()}
    return Facts(state, now, program.zone_of(state), computed=computed)
