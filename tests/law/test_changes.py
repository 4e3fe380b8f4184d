"""Laws of change requests: over a thousand random histories, nothing is applied that must not be.

What may be applied is judged here by how the workspaces are made, not by the graph of readers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple, cast

from legato.app.changes.changes import Changes
from legato.app.config import Applied
from legato.govern.access.denial import Denial
from legato.govern.changes.request import Party
from legato.model.definitions.property import Waiver
from legato.model.event import Event
from legato.model.ids import EnrollmentId, EventId, PersonId
from legato.model.instant import DAY, Instant
from legato.model.noun import to_bytes
from legato.model.plan import Plan, plan_digest
from legato.model.state import Enrollment, State
from legato.plan.diff import retire
from legato.plan.load import Loaded, load
from legato.ports.audit import AuditEntry
from legato.ports.changes import ChangeRow
from legato.ports.clock import Clock
from legato.ports.state_store import Records
from legato.simulate.dice import Dice

HISTORIES = 1_000
MOVES = 12
FIXED = """workspace: w
---
identity: [{kind: user_id, from: [user_id]}]
---
purposes:
  service: {basis: contract, promotional: false}
---
approvals:
  when: {breaking: true, reaches_over: 2}
  within: 1d
---
segment: bought
owner: crm
when: {did: Order, at_least: 1}
---
"""


class Variant(NamedTuple):
    """One workspace: the type of a property, and what the journey does with it."""

    type: str
    test: str
    days: int

    @property
    def label(self) -> str:
        return f"{self.test} {self.days}"

    def files(self) -> Mapping[str, str]:
        event = (
            "event: Order\nowner: data\npurpose: service\nschema:\n  type: object\n"
            f"  additionalProperties: true\n  properties: {{{self.type}}}\n---\n"
        )
        when = f", when: {{value: {{exists: {self.test}}}}}" if self.test else ""
        journey = (
            "journey: j\nowner: growth\npurpose: service\n"
            f"enter: {{on: Order{when}}}\nsteps:\n  - wait: {self.days}d\n"
        )
        return {"w.yaml": FIXED + event + journey}


TYPES = ("value: {type: number}", "value: {type: string}", "")
VARIANTS = [
    Variant(*each)
    for each in product(
        ("value: {type: number}", "value: {type: string}", ""), ("", "true"), (1, 2)
    )
]
PARTIES = [
    Party(actor=f"token:{n}", role="approver", user_id=user, team=team)
    for n, (user, team) in enumerate(
        (("", "data"), ("u", "data"), ("u", "growth"), ("", "growth"), ("", "crm"), ("", ""))
    )
]


@cache
def compiled(text: str) -> Loaded:
    return load({"w.yaml": text}, {})


class Silence:
    """The clock and the audit: time goes by when it is told to."""

    def now(self) -> Instant:
        return self.at

    def __init__(self) -> None:
        self.at: Instant = 1_700_000_000_000_000

    async def record(self, entry: AuditEntry) -> None:
        del entry


class Shelf:
    """ports.changes.ChangeStore in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[ChangeRow, bytes]] = {}

    def last(self) -> int:
        return max(self.rows, default=0)

    def put(
        self, row: ChangeRow, *, files: bytes | None = None, former: bytes | None = None
    ) -> None:
        del former
        before = self.rows.get(row.number)
        kept = files if files is not None else before[1] if before else b""
        self.rows[row.number] = (row, kept)

    def get(self, number: int) -> bytes | None:
        return self.rows[number][0].value if number in self.rows else None

    def files(self, number: int) -> bytes | None:
        return self.rows[number][1] if number in self.rows else None

    def former(self, number: int) -> bytes | None:
        del number
        return None

    def list(self, states: Sequence[str], before: int, limit: int) -> list[bytes]:
        rows = [row for row, _ in reversed(self.rows.values()) if row.state in states or not states]
        return [row.value for row in rows if row.number < (before or 10**9)][:limit]


class Shop:
    """An app as changes see it, with who is in which version of the journey."""

    def __init__(self, start: Variant) -> None:
        self._silence = Silence()
        self.clock: Clock = cast("Clock", self._silence)
        self.audit = self._silence
        self.records: Records = cast("Records", self)
        self.inside: list[tuple[Variant, str]] = []
        self.running = start
        found = compiled(start.files()["w.yaml"]).plan
        assert found is not None
        self._plan = found
        self.changes = Changes(self, Shelf(), self._settle, check=self.check)
        self.refused = self.activated = 0

    def check(self, files: Mapping[str, str]) -> Loaded:
        return compiled(files["w.yaml"])

    def digest(self) -> str:
        return plan_digest(self._plan)

    def texts(self) -> Mapping[str, str]:
        return {}

    def plan(self) -> Plan:
        return self._plan

    async def prepared(self, plan: Plan) -> Plan:
        return retire(self._plan, plan, ())

    def people(self, after: PersonId, limit: int) -> Iterator[tuple[PersonId, bytes]]:
        del limit
        if not after:
            for number, (_, version) in enumerate(self.inside):
                person_id = PersonId(f"p{number}")
                enrollment = Enrollment(
                    enrollment_id=EnrollmentId("n"),
                    journey="j",
                    version=version,
                    key="",
                    entered_at=0,
                    entry_event=EventId("e"),
                    entry=b"{}",
                    step_id="",
                    since=0,
                )
                state = State(
                    person_id=person_id, first_seen=0, last_seen=0, enrollments=[enrollment]
                )
                yield person_id, to_bytes(state)

    def counts(self) -> dict[str, int]:
        return {"people": len(self.inside)}

    def pass_a_day(self) -> None:
        self._silence.at += DAY

    async def apply(
        self,
        files: Mapping[str, str],
        *,
        by: str,
        change: int = 0,
        waivers: Sequence[Waiver] = (),
    ) -> Applied:
        assert not waivers, "nobody answers for anything here"
        loaded = self.check(files)
        assert loaded.plan is not None
        plan = await self.prepared(loaded.plan)
        if plan_digest(plan) == plan_digest(self._plan):
            return Applied()
        judging = self.changes.judging(plan, files, change=change, by=by)
        async with judging as problems:
            if problems:
                self.refused += 1
                return Applied(problems=problems)
            before, self._plan = self.running, plan
            self.running = next(each for each in VARIANTS if each.files() == files)
            self._check_lawful(before, self.running)
        self.activated += 1
        return Applied(is_changed=True)

    def _check_lawful(self, before: Variant, after: Variant) -> None:
        is_broken = before.type not in ("", after.type)
        if is_broken:
            assert not (after.test and before.label == after.label), "a live journey reads it"
            assert not any(each.test for each, _ in self.inside), "so do people"
        if is_broken or len(self.inside) > 2:
            number = self.changes.applying
            request = self.changes.live[number]
            author = request.author
            said = [each for each in request.answers if each.verdict == "approve"]
            assert request.state == "approved"
            assert request.draft.base != "", "it was compared with something"
            assert all(not each.party.is_same(author) for each in said), "nobody approves their own"
            teams = {team for each in said for team in each.teams}
            assert teams >= set(request.draft.impact.teams), "every team has answered"
            assert all(each.at >= request.created_at for each in said)

    async def _settle(self, event: Event) -> None:
        del event


async def live(seed: int) -> Shop:
    dice = Dice(seed)
    shop = Shop(dice.pick(VARIANTS, "start"))
    proposals: dict[int, Variant] = {}
    for turn in range(MOVES):
        move = dice.pick(MOVES_OF, turn, "move")
        number = dice.pick([*proposals, 1], turn, "number")
        party, wanted = dice.pick(PARTIES, turn, "party"), dice.pick(VARIANTS, turn, "wanted")
        try:
            match move:
                case "enter":
                    version = shop.plan().journeys["j"].version
                    shop.inside.append((shop.running, version))
                case "leave":
                    shop.inside = shop.inside[1:]
                case "propose":
                    made = await shop.changes.propose(party, wanted.files(), title="t", why="")
                    assert made.change is not None
                    proposals[made.change.number] = wanted
                case "revise":
                    made = await shop.changes.revise(number, party, wanted.files())
                    assert made.change is not None
                    assert made.change.answers == (), "an edit takes every answer back"
                case "day":
                    shop.pass_a_day()
                    await shop.changes.escalate()
                case "apply":
                    await shop.apply(wanted.files(), by=party.actor)
                case "approve" | "reject":
                    await shop.changes.answer(number, party, move, why="")
                case "all":
                    for each in PARTIES:
                        await answer_if_allowed(shop, number, each)
                    await shop.changes.apply(number, by="token:x")
                case _:
                    await shop.changes.apply(number, by=party.actor)
        except Denial:
            shop.refused += 1
    return shop


MOVES_OF = (
    *("enter", "leave", "propose", "propose", "revise", "day", "apply"),
    *("approve", "approve", "reject", "all", "all", "apply_request"),
)


async def answer_if_allowed(shop: Shop, number: int, party: Party) -> None:
    try:
        await shop.changes.answer(number, party, "approve", why="")
    except Denial:
        shop.refused += 1


def test_over_a_thousand_histories_nothing_is_applied_that_must_not_be() -> None:
    async def every() -> list[Shop]:
        return [await live(seed) for seed in range(HISTORIES)]

    shops = asyncio.run(every())

    assert sum(shop.activated for shop in shops) > 500, "else it says little"
    assert sum(shop.refused for shop in shops) > 500
