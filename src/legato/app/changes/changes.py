"""The app's change requests: proposed, answered for, applied; and what stops a plain `apply`.

The requests that anything may still become of are in memory; each is on the disk before it counts.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import msgspec
from msgspec.structs import replace

from legato.app.changes.people import heads_of, people_in
from legato.app.config import Applied
from legato.app.guard.guard import Alert
from legato.govern.access.denial import Denial
from legato.govern.changes import rules
from legato.govern.changes.request import ChangeRequest, Draft, Party, Verdict, team_words
from legato.insight.shown import shown_reason
from legato.model.definitions.property import Waiver
from legato.model.event import Event, Noticed
from legato.model.ids import digest
from legato.model.instant import HOUR, SECOND, Instant
from legato.model.noun import Noun, to_bytes
from legato.model.plan import Plan, plan_digest
from legato.model.problem import LegatoError, Problem, Reason
from legato.plan.impact.breaking import bereft, in_problems, older_readers
from legato.plan.impact.impact import Impact, impact_of, reasons_to_ask, unapproved
from legato.plan.load import Loaded
from legato.ports.audit import Audit, AuditEntry
from legato.ports.changes import ChangeRow, ChangeStore
from legato.ports.clock import Clock
from legato.ports.intake import Busy
from legato.ports.state_store import Records
from legato.workspace import check_files

LIVE_MAX = 200
"""Requests that wait for something at one time: each holds a workspace, and people read them."""
LOOK_AGAIN = HOUR
"""The wall clock may be set while the next deadline is slept for."""
RESTART_SECONDS = 5.0
_TEXTS = msgspec.json.Decoder(dict[str, str])
_CODEC = msgspec.msgpack.Decoder(ChangeRequest)


class Home(Protocol):
    """What change requests need of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def audit(self) -> Audit: ...

    @property
    def records(self) -> Records: ...

    def plan(self) -> Plan:
        """Return the active plan."""
        ...

    def digest(self) -> str:
        """Return the name under which the active plan was stored, by whichever release."""
        ...

    def texts(self) -> Mapping[str, str]:
        """Return the texts that the active plan is of; empty where they are not known."""
        ...

    async def prepared(self, plan: Plan) -> Plan:
        """Return a plan as `apply` would activate it."""
        ...

    async def apply(
        self,
        files: Mapping[str, str],
        *,
        by: str,
        change: int = 0,
        waivers: Sequence[Waiver] = (),
    ) -> Applied:
        """Activate definitions, perhaps those of a change request."""
        ...


class Outcome(Noun, frozen=True, kw_only=True):
    """What became of texts that were proposed: a request, or what is wrong with them."""

    change: ChangeRequest | None = None
    problems: tuple[Problem, ...] = ()


class Changes:
    """One of a running app. Everything is called on the loop."""

    def __init__(
        self,
        home: Home,
        store: ChangeStore,
        settle: Callable[[Event], Awaitable[None]],
        *,
        check: Callable[[Mapping[str, str]], Loaded] = check_files,
    ) -> None:
        """`check` compiles definitions."""
        self._check = check
        self._home = home
        self._store = store
        self._settle = settle
        self.live: dict[int, ChangeRequest] = {}
        self.applying = 0
        self._changing = asyncio.Lock()
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Read what waits, and see which plan runs since. Raises LegatoError."""
        states = ("open", "approved")
        rows = await asyncio.to_thread(self._store.list, states, 0, LIVE_MAX)
        self.live = {request.number: request for request in map(_CODEC.decode, rows)}
        if self._home.plan().sources:
            await self._rename()
            await self._follow()
        self._task = asyncio.create_task(self._watch(), name="deadlines of changes")

    async def stop(self) -> None:
        """Watch no more deadlines. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    # -- What people do --------------------------------------------------------------------------

    async def propose(
        self, author: Party, files: Mapping[str, str], *, title: str, why: str
    ) -> Outcome:
        """Compare texts with what runs, say whom they concern, and ask these. Raises Denial."""
        async with self._changing:
            if len(self.live) >= LIVE_MAX:
                raise Denial(
                    "taken",
                    "change.too_many",
                    f"{LIVE_MAX} changes wait already.",
                    fix="Apply, reject or withdraw some: `legato change list`.",
                )
            drafted = await self._draft(files)
            if isinstance(drafted, Outcome):
                return drafted
            number = await asyncio.to_thread(self._store.last) + 1
            now = self._home.clock.now()
            made = rules.proposed(number, author, drafted, words=(title, why), now=now)
            await self._record(made, author.actor, "propose")
            await self._keep(made, files=files)
            return Outcome(change=made)

    async def revise(self, number: int, party: Party, files: Mapping[str, str]) -> Outcome:
        """Put other texts in place; every answer is void. Raises Denial."""
        async with self._changing:
            request = await self._found(number)
            drafted = await self._draft(files)
            if isinstance(drafted, Outcome):
                return drafted
            revised = rules.revised(request, party, drafted)
            await self._record(revised, party.actor, "revise")
            await self._keep(revised, files=files)
            await self._clear(request, revised)
            return Outcome(change=revised)

    async def answer(
        self, number: int, party: Party, verdict: Verdict, *, why: str
    ) -> ChangeRequest:
        """Take somebody's answer. Raises Denial."""
        async with self._changing:
            request = await self._found(number)
            now = self._home.clock.now()
            after = rules.answered(request, party, verdict, why=why, now=now)
            await self._record(after, party.actor, verdict)
            await self._keep(after)
            await self._clear(request, after)
            return after

    async def withdraw(self, number: int, party: Party, *, is_admin: bool) -> ChangeRequest:
        """Take a request back. Raises Denial."""
        async with self._changing:
            request = await self._found(number)
            now = self._home.clock.now()
            after = rules.withdrawn(request, party, is_admin=is_admin, now=now)
            await self._record(after, party.actor, "withdraw")
            await self._keep(after)
            await self._clear(request, after)
            return after

    async def apply(self, number: int, *, by: str, waivers: Sequence[Waiver] = ()) -> Applied:
        """Activate exactly the texts of a request; the folder is not written. Raises Denial.

        `waivers`: objections that `by` answers for.
        """
        request = await self._found(number)
        rules.check_appliable(request, base=plan_digest(self._home.plan()), asked=())
        files = await self.files(number)
        assert _digest_of(files) == request.draft.files_digest, "they are those that were proposed"
        return await self._home.apply(files, by=by, change=number, waivers=waivers)

    # -- What people read ------------------------------------------------------------------------

    async def drafted(self, files: Mapping[str, str]) -> Draft | Outcome:
        """Compare texts with what runs as `propose` does, and ask nobody. Raises Denial."""
        return await self._draft(files)

    async def get(self, number: int) -> ChangeRequest:
        """Return a request. Raises Denial."""
        return await self._found(number)

    async def list(self, *, is_live: bool, before: int, limit: int) -> list[ChangeRequest]:
        """Return requests, newest first; `is_live`: only what still waits for something."""
        states = ("open", "approved") if is_live else ()
        rows = await asyncio.to_thread(self._store.list, states, before, limit)
        return [_CODEC.decode(row) for row in rows]

    async def files(self, number: int) -> Mapping[str, str]:
        """Return the texts that a request proposes. Raises Denial."""
        await self._found(number)
        data = await asyncio.to_thread(self._store.files, number)
        assert data is not None, "a request has texts"
        return _TEXTS.decode(zlib.decompress(data))

    async def former(self, number: int) -> Mapping[str, str]:
        """Return the texts that ran before a change that runs now. Raises Denial."""
        request = await self._found(number)
        rules.check_reversible(request, running=plan_digest(self._home.plan()))
        data = await asyncio.to_thread(self._store.former, number)
        if data is None:
            raise Denial(
                "taken",
                "change.no_former",
                "The texts that ran before this change are not kept.",
                fix="Propose them from version control: `legato change propose FOLDER`.",
            )
        return _TEXTS.decode(zlib.decompress(data))

    def alerts(self) -> tuple[Alert, ...]:
        """Return the requests whose deadline passed without every answer."""
        return tuple(
            Alert(
                topic=_topic(request),
                reason=shown_reason(_late(request)),
                since=request.escalated_at,
            )
            for request in self.live.values()
            if request.state == "open" and request.escalated_at is not None
        )

    # -- What `apply` asks -----------------------------------------------------------------------

    @asynccontextmanager
    async def judging(
        self, after: Plan, files: Mapping[str, str], *, change: int, by: str
    ) -> AsyncGenerator[tuple[Problem, ...]]:
        """Say why `after` may not take the place of the active plan, or see to it that it may.

        Nothing is answered or edited until the block has ended; where another plan runs then, the
        requests follow. `change`: the request that it is of; raises Denial where that one is not
        to be applied.
        """
        async with self._changing:
            yield await self._objections(self._home.plan(), after, files, change=change)
            await self._follow(by=by)

    async def _objections(
        self, before: Plan, after: Plan, files: Mapping[str, str], *, change: int
    ) -> tuple[Problem, ...]:
        self.applying = 0
        older = await asyncio.to_thread(older_readers, before, after)
        inside: Mapping[str, int] = {}
        if older:
            inside = await asyncio.to_thread(people_in, self._home.records, older)
        found = await asyncio.to_thread(bereft, before, after, inside)
        if found:
            return in_problems(found)
        has_policy = before.policies.approvals is not None
        draft = await self._compared(before, after, files, is_counted=has_policy)
        asked = rules.teams_asked(draft)
        request = await self._found(change) if change else self._approved(draft)
        if change and request is not None:
            rules.check_appliable(request, base=draft.base, asked=asked)
        if draft.reasons and (request is None or not rules.is_answered(request, asked)):
            return (unapproved(draft.reasons),)
        if request is not None:
            self.applying = request.number
            # Stored first: after a crash it is by its plan that this request is known as applied.
            kept = replace(request, draft=replace(request.draft, after=draft.after))
            await self._keep(kept, former=self._home.texts())
        return ()

    # -- Helpers ---------------------------------------------------------------------------------

    def _approved(self, draft: Draft) -> ChangeRequest | None:
        """Return the approved request for these very texts, if there is one."""
        return next(
            (
                each
                for each in self.live.values()
                if each.state == "approved"
                and each.draft.base == draft.base
                and each.draft.files_digest == draft.files_digest
            ),
            None,
        )

    async def _follow(self, *, by: str = "system") -> None:
        running, number, self.applying = plan_digest(self._home.plan()), self.applying, 0
        now = self._home.clock.now()
        for request in list(self.live.values()):
            if request.draft.base == running:
                continue
            # After a crash only the plan tells that it was this request that was applied.
            is_it = request.state == "approved" and request.draft.after == running
            if request.number == number or (is_it and not number):
                after = rules.applied(request, by, now=now)
                await self._record(after, by, "apply")
            else:
                after = rules.voided(request, "another plan runs since", now=now)
                await self._record(after, "system", "void")
            await self._keep(after)
            await self._clear(request, after)

    async def _rename(self) -> None:
        """Have requests name plans as this release does: what they mean is what it was."""
        was, now = self._home.digest(), plan_digest(self._home.plan())
        states = ("open", "approved", "applied")
        rows = [] if was == now else await asyncio.to_thread(self._store.list, states, 0, LIVE_MAX)
        for request in map(_CODEC.decode, rows):
            draft = request.draft
            base, after = (now if name == was else name for name in (draft.base, draft.after))
            await self._keep(replace(request, draft=replace(draft, base=base, after=after)))

    async def _draft(self, files: Mapping[str, str]) -> Draft | Outcome:
        loaded = await asyncio.to_thread(self._check, files)
        if loaded.plan is None:
            return Outcome(problems=loaded.problems)
        before, after = self._home.plan(), await self._home.prepared(loaded.plan)
        if plan_digest(before) == plan_digest(after):
            raise Denial(
                "shape",
                "change.nothing",
                "Nothing differs in meaning from the running plan.",
                fix="Edit the definitions, then propose. Comments alone: `legato apply`.",
            )
        return await self._compared(before, after, files, is_counted=True)

    async def _compared(
        self, before: Plan, after: Plan, files: Mapping[str, str], *, is_counted: bool
    ) -> Draft:
        """Compare two plans; without counting, what it concerns is left open."""
        impact = Impact()
        if is_counted:
            heads = await asyncio.to_thread(heads_of, self._home.records)
            impact = await asyncio.to_thread(impact_of, before, after, heads)
        policy = before.policies.approvals
        is_policy = policy != after.policies.approvals
        return Draft(
            files_digest=_digest_of(files),
            file_count=len(files),
            base=plan_digest(before),
            after=plan_digest(after),
            impact=impact,
            reasons=reasons_to_ask(policy, impact, is_policy=is_policy),
            roles=() if policy is None else policy.by,
            due_at=rules.deadline(policy, self._home.clock.now(), before.zone),
        )

    async def _found(self, number: int) -> ChangeRequest:
        request = self.live.get(number)
        if request is not None:
            return request
        data = await asyncio.to_thread(self._store.get, number)
        if data is None:
            raise Denial(
                "missing",
                "change.unknown",
                f"There is no change {number}.",
                fix="List them: `legato change list --all`.",
            )
        return _CODEC.decode(data)

    async def _keep(
        self,
        request: ChangeRequest,
        *,
        files: Mapping[str, str] | None = None,
        former: Mapping[str, str] = {},
    ) -> None:
        row = ChangeRow(request.number, request.state, to_bytes(request))
        texts = None if files is None else zlib.compress(_bytes_of(files))
        before = zlib.compress(_bytes_of(former)) if former else None
        await asyncio.to_thread(self._store.put, row, files=texts, former=before)
        if request.is_live:
            self.live[request.number] = request
        else:
            self.live.pop(request.number, None)
        self._awake.set()

    async def _record(self, request: ChangeRequest, actor: str, verb: str) -> None:
        detail = {
            "files": request.draft.files_digest,
            "base": request.draft.base,
            "revision": str(request.revision),
            "state": request.state,
            "asked": team_words(request.teams),
        }
        entry = AuditEntry(
            actor=actor, action=f"change.{verb}", subject=f"change:{request.number}", detail=detail
        )
        await self._home.audit.record(entry)

    # -- Deadlines -------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Sleep until the first deadline, or until something changes; for ever."""
        while True:
            self._awake.clear()
            try:
                await self.escalate()
            except (Busy, LegatoError):
                await asyncio.sleep(RESTART_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest() / SECOND):
                    await self._awake.wait()

    def _rest(self) -> int:
        now = self._home.clock.now()
        dues = [each.draft.due_at for each in self._open()]
        return max(min([*(due - now for due in dues), LOOK_AGAIN]), 1)

    def _open(self) -> list[ChangeRequest]:
        return [
            each
            for each in self.live.values()
            if each.state == "open" and each.escalated_at is None
        ]

    async def escalate(self) -> None:
        """Tell of the requests whose deadline has passed; the timer does so by itself."""
        async with self._changing:
            now = self._home.clock.now()
            for request in self._open():
                late = rules.escalated(request, now)
                if late is not None:
                    await self._record(late, "system", "escalate")
                    await self._keep(late)
                    await self._tell(late, _late(late), is_over=False)

    async def _clear(self, before: ChangeRequest, after: ChangeRequest) -> None:
        """End the alert of a request that needs no answer any more."""
        if (
            before.escalated_at is not None
            and before.state == "open"
            and (after.state != "open" or after.escalated_at is None)
        ):
            reason = Reason(
                code="change.settled",
                what=f"change {after.number} is {after.state}",
                definition=f"changes/{after.number}",
            )
            await self._tell(after, reason, is_over=True)

    async def _tell(self, request: ChangeRequest, reason: Reason, *, is_over: bool) -> None:
        now: Instant = self._home.clock.now()
        noticed = Noticed(received_at=now, topic=_topic(request), reason=reason, is_over=is_over)
        await self._settle(noticed)


def _topic(request: ChangeRequest) -> str:
    return f"change:{request.number}"


def _late(request: ChangeRequest) -> Reason:
    return Reason(
        code="change.unanswered",
        what=f"change {request.number} is not answered in time by {team_words(request.missing)}; "
        "any approver may answer now",
        definition=f"changes/{request.number}",
    )


def _bytes_of(files: Mapping[str, str]) -> bytes:
    return msgspec.json.encode(files, order="deterministic")


def _digest_of(files: Mapping[str, str]) -> str:
    return digest(_bytes_of(files))
