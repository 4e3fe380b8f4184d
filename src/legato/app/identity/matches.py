"""People who may be one: looked for when somebody asks, kept for review, joined when somebody says.

A run reads everybody once into rows of comparable values and lets go of them when it ends; what is
kept of a pair is its two ids, a probability, and in which words their traits agree. No values.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from legato.app.identity.identity import Identity
from legato.core.identity.identify import forbids
from legato.core.identity.split import are_apart
from legato.govern.matching.find import Agreement, Finder, Found
from legato.govern.matching.levels import Row, comparable
from legato.model.definitions.matching import CompareKind, Matching
from legato.model.ids import PersonId, derive
from legato.model.noun import Noun
from legato.model.plan import IdentityRules, Plan
from legato.model.problem import LegatoError, Reason
from legato.model.state import State, decode_state
from legato.ports.audit import Audit, AuditEntry
from legato.stores.govern.matches import MatchRow, SqliteMatches
from legato.stores.sqlite.file import SqliteFile
from legato.stores.sqlite.state import SqliteStore

PEOPLE_MAX = 200_000
"""Compared in one run, at one to two kilobytes each: what fits beside everything else."""
KNOWN_MIN = 2
"""Somebody of whom fewer of the compared traits are known would agree with too many."""
REPORT_EVERY = 256
GONE = Reason(code="match.gone", what="one of the two is not there any more, or they are one")

_EVIDENCE = msgspec.json.Decoder(tuple[Agreement, ...])


class Match(Noun, frozen=True, kw_only=True):
    """Two persons who may be one, and why we think so."""

    match_id: str
    one: PersonId
    other: PersonId
    probability: float
    evidence: tuple[Agreement, ...]


class MatchRun(Noun, frozen=True, kw_only=True):
    """How far looking for matches has come."""

    phase: Literal["none", "reading", "comparing", "done", "failed"] = "none"
    done: int = 0
    total: int = 0
    """People while reading, pairs while comparing."""
    people: int = 0
    found: int = 0
    problem: str = ""


Report: TypeAlias = Callable[[MatchRun], None]


class Matches:
    """Suggestions of a running app. One run at a time, on a thread beside the loop."""

    def __init__(
        self, file: SqliteFile, store: SqliteStore, identity: Identity, audit: Audit
    ) -> None:
        self._kept = SqliteMatches(file)
        self._store = store
        self._identity = identity
        self._audit = audit
        self._run = MatchRun()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def ended(self, seconds: float) -> MatchRun:
        """Return how the present run ended; how far it is, if that takes longer than this."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        return self._run

    async def begin(self, plan: Plan, *, by: str) -> MatchRun:
        """Look for matches among everybody; where that goes on already, let it."""
        if self._task is None or self._task.done():
            assert plan.matching is not None, "the caller has looked"
            await self._audit.record(AuditEntry(actor=by, action="match.suggest", subject="people"))
            self._run = MatchRun(phase="reading")
            self._task = asyncio.create_task(self._suggest(plan.matching, plan.identity))
        return self._run

    async def list(self, limit: int, *, of: PersonId | None = None) -> list[Match]:
        """Return what waits for a decision, the most probable first; `of`: of one person alone."""
        return await asyncio.to_thread(self._open, limit, of)

    async def find(self, match_id: str) -> Match | None:
        """Return one that waits for a decision."""
        row = await asyncio.to_thread(self._kept.get, match_id)
        return None if row is None or row.decision else _match(row)

    async def accept(self, match: Match, *, by: str, reason: str) -> Reason | None:
        """Join the two; or return why that cannot be."""
        if not await asyncio.to_thread(self._are_two, match.one, match.other):
            await self._decided("match.accept", match, by=by, reason=reason, refusal=GONE)
            return GONE
        refusal = await self._identity.join(match.one, match.other, by=by, reason=reason)
        if refusal is None:
            await asyncio.to_thread(self._kept.decide, match.match_id, "accepted")
        await self._decided("match.accept", match, by=by, reason=reason, refusal=refusal)
        return refusal

    async def reject(self, match: Match, *, by: str, reason: str) -> None:
        """Never suggest these two again."""
        await asyncio.to_thread(self._kept.decide, match.match_id, "rejected")
        await self._decided("match.reject", match, by=by, reason=reason)

    async def stop(self) -> None:
        """Give a run up. Idempotent."""
        self._is_stopping = True
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _suggest(self, matching: Matching, identity: IdentityRules) -> None:
        try:
            await asyncio.to_thread(self._search, matching, identity)
        except LegatoError as error:
            self._run = replace(self._run, phase="failed", problem=f"{error.what} {error.fix}")
        finally:
            if self._run.phase != "done":
                self._run = replace(self._run, phase="failed")

    def _search(self, matching: Matching, identity: IdentityRules) -> None:
        search = _Search(self._store, matching, self._report)
        search.read()
        rejected = self._rejected()
        found = search.find(lambda one, other: self._may_be(identity, one, other, rejected))
        self._kept.suggest(found)
        self._run = replace(self._run, phase="done", done=self._run.total, found=len(found))

    def _report(self, run: MatchRun) -> None:
        self._run = run
        if self._is_stopping:
            raise LegatoError(
                "Legato stopped before all people were compared.",
                fix="Begin again: `legato identity suggest`.",
                can_retry=True,
            )

    def _rejected(self) -> dict[tuple[PersonId, PersonId], None]:
        """Return the pairs that are not to be suggested, as who they have become since."""
        rows = self._kept.decided("rejected")
        gone = [row.match_id for row in rows if not self._are_two(row.one, row.other)]
        self._kept.forget(gone)
        pairs = [(self._store.resolve(row.one), self._store.resolve(row.other)) for row in rows]
        return dict.fromkeys(_ordered(*pair) for pair in pairs)

    def _may_be(
        self,
        identity: IdentityRules,
        one: PersonId,
        other: PersonId,
        rejected: dict[tuple[PersonId, PersonId], None],
    ) -> bool:
        """Return whether two could be joined, and nobody has said that they are not one."""
        states = self._states(one, other)
        if states is None or _ordered(one, other) in rejected:
            return False
        return not are_apart(*states) and forbids(identity, *states) is None

    def _open(self, limit: int, of: PersonId | None) -> list[Match]:
        found: list[Match] = []
        for row in self._kept.decided(""):
            if len(found) == limit:
                break
            pair = self._store.resolve(row.one), self._store.resolve(row.other)
            if (of is None or of in pair) and self._are_two(*pair):
                found.append(_match(row._replace(one=pair[0], other=pair[1])))
        return found

    def _are_two(self, one: PersonId, other: PersonId) -> bool:
        mine, theirs = self._store.resolve(one), self._store.resolve(other)
        return mine != theirs and self._states(mine, theirs) is not None

    def _states(self, one: PersonId, other: PersonId) -> tuple[State, State] | None:
        """Return both, unless one was erased or merged since they were read."""
        data = self._store.states([one, other])
        if one not in data or other not in data:
            return None
        states = decode_state(data[one]), decode_state(data[other])
        return None if any(state.erasure_id for state in states) else states

    async def _decided(
        self, action: str, match: Match, *, by: str, reason: str, refusal: Reason | None = None
    ) -> None:
        detail = {"match": match.match_id, "other": match.other, "reason": reason}
        if refusal is not None:
            detail["refused"] = refusal.code
        entry = AuditEntry(
            actor=by,
            action=action,
            subject=match.one,
            detail=detail,
            outcome="done" if refusal is None else "refused",
        )
        await self._audit.record(entry)


class _Search:
    """One run, on its thread."""

    def __init__(self, store: SqliteStore, matching: Matching, report: Report) -> None:
        self._store = store
        self._matching = matching
        self._report = report
        self._traits = [each.trait for each in matching.compare]
        self._kinds: list[CompareKind] = [each.kind for each in matching.compare]
        self._people: list[PersonId] = []
        self._rows: list[Row] = []

    def read(self) -> None:
        """Read everybody who is known well enough to be compared."""
        total = self._store.counts().get("people", 0)
        for count, (person_id, data) in enumerate(self._store.people(PersonId(""), sys.maxsize)):
            if count % REPORT_EVERY == 0:
                self._report(MatchRun(phase="reading", done=count, total=total))
            row = self._row(decode_state(data))
            if sum(map(bool, row)) >= KNOWN_MIN:
                self._people.append(person_id)
                self._rows.append(row)
        if len(self._rows) > PEOPLE_MAX:
            raise LegatoError(
                f"{len(self._rows):,} people are too many to compare in this process.",
                fix=f"Up to {PEOPLE_MAX:,} can be; compare traits that fewer people have.",
            )

    def find(self, may_be: Callable[[PersonId, PersonId], bool]) -> list[MatchRow]:
        """Return the pairs to suggest, the most probable first."""
        people = self._people
        run = MatchRun(phase="comparing", people=len(people))
        finder = Finder(
            self._kinds,
            self._rows,
            seen=lambda done, total: self._report(replace(run, done=done, total=total)),
        )
        found = finder.find(
            self._matching.suggest_above,
            may_be=lambda one, other: may_be(people[one], people[other]),
        )
        return [self._suggested(finder, each) for each in found]

    def _row(self, state: State) -> Row:
        return tuple(
            comparable(
                each.kind, state.traits[each.trait].value if each.trait in state.traits else None
            )
            for each in self._matching.compare
        )

    def _suggested(self, finder: Finder, found: Found) -> MatchRow:
        one, other = _ordered(self._people[found.one], self._people[found.other])
        evidence = finder.explain(found, self._traits)
        match_id = derive("match", one, other)
        return MatchRow(match_id, one, other, found.probability, msgspec.json.encode(evidence))


def _ordered(one: PersonId, other: PersonId) -> tuple[PersonId, PersonId]:
    return (one, other) if one < other else (other, one)


def _match(row: MatchRow) -> Match:
    return Match(
        match_id=row.match_id,
        one=row.one,
        other=row.other,
        probability=row.probability,
        evidence=_EVIDENCE.decode(row.evidence),
    )
