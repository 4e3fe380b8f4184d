"""What hosted pages do: read a link, and put on record what the person says by it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from legato.app.audit import AuditBook
from legato.app.consents import Consents
from legato.core.consents.standing import awaited, holding
from legato.govern.links.keys import Keys
from legato.govern.links.linker import Linker
from legato.govern.links.token import Token, Unsound, sign, verify
from legato.insight.preferences import closed_together, is_open, topics
from legato.model.consent import EVERY_CHANNEL, Consent, ConsentLine, Evidence, Scope
from legato.model.definitions.links import LinkKind
from legato.model.event import ConsentSaid
from legato.model.ids import PersonId, digest
from legato.model.instant import DAY, Duration
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import State
from legato.ports.audit import AuditEntry
from legato.ports.clock import Clock
from legato.ports.links import KeyStore

SOURCE = "page"
"""What the ledger calls a statement's source, with the kind of page: `page:unsubscribe`."""
CONFIRM_VALID: Duration = 3 * DAY

NotOurs: TypeAlias = Unsound | Literal["wrong_kind"]


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """Who came by a sound link."""

    token: Token
    person_id: PersonId
    """Of the person that the one of the token has become."""
    state: State | None
    """None: nothing is kept about them any more."""


class How(Noun, frozen=True, kw_only=True):
    """How something was said on a page."""

    address: str
    """The network address it came from; only its digest is kept."""
    method: str
    language: str
    text: str = ""
    """All that the page said; empty where none was shown."""


class World(Protocol):
    """What pages need around them: the app."""

    @property
    def clock(self) -> Clock: ...

    audit: AuditBook
    consents: Consents

    def plan(self) -> Plan:
        """Return the present plan."""
        ...

    async def present(self, person_id: PersonId) -> tuple[PersonId, State | None]:
        """Return who a person has become, after all that was acknowledged is applied."""
        ...


class HostedPages:
    """Signed links of one data folder, under the present plan."""

    def __init__(self, keys: KeyStore, world: World) -> None:
        self._world = world
        self._keys = Keys(keys, world.clock.now)
        self._wordings: dict[str, None] = {}
        self.linker = Linker(self._keys, world.plan)

    def start(self) -> None:
        """Read the keys of links. Raises LegatoError."""
        self._keys.open()

    def plan(self) -> Plan:
        """Return the present plan."""
        return self._world.plan()

    async def open(self, text: str, kind: LinkKind, *, address: str) -> Guest | NotOurs:
        """Read a link's token. What is not ours goes on record, and nothing of anybody is told."""
        token = verify(
            text, self._keys.by_number(), valid=self._valid(), now=self._world.clock.now()
        )
        if not isinstance(token, Token):
            return await self._refuse(token, kind, address)
        if token.kind != kind:
            return await self._refuse("wrong_kind", kind, address)
        person_id, state = await self._world.present(token.person_id)
        return Guest(token=token, person_id=person_id, state=state)

    def signed(self, token: Token) -> str:
        """Return a token's text, signed with the newest key."""
        return sign(token, self._keys.newest())

    async def renew_key(self, *, by: str) -> int:
        """Sign with a new key from now on; what the older ones signed still counts."""
        number = await asyncio.to_thread(self._keys.renew)
        entry = AuditEntry(actor=by, action="links.renew", subject=f"key {number}")
        await self._world.audit.record(entry)
        return number

    async def forget_key(self, number: int, *, by: str) -> bool:
        """Have every link that a key signed count no more; return whether there was one."""
        was_there = await asyncio.to_thread(self._keys.forget, number)
        if was_there:
            entry = AuditEntry(actor=by, action="links.forget", subject=f"key {number}")
            await self._world.audit.record(entry)
        return was_there

    def beside(self, guest: Guest, kind: LinkKind) -> str:
        """Return the token of another link for the same person, as old as the one they have."""
        return self.signed(msgspec.structs.replace(guest.token, kind=kind))

    def is_unsubscribed(self, guest: Guest) -> Consent | None:
        """Return the line that has refused all that a link would refuse, if one has."""
        assert guest.state is not None, "nobody is there to say it"
        closed = closed_together(self.plan(), guest.token.purpose, guest.token.channel)
        lines = [holding(self.plan(), guest.state, *about) for about in closed]
        if all(line is not None and not line.is_granted for line in lines):
            return next(iter(lines), None)
        return None

    async def unsubscribe(self, guest: Guest, how: How) -> Consent | None:
        """Take what a link names as refused, as far as the policy reaches.

        Returns the line that refused it before, where nothing was left to refuse.
        """
        plan, token = self.plan(), guest.token
        before = self.is_unsubscribed(guest)
        if before is not None:
            return before
        closed = closed_together(plan, token.purpose, token.channel)
        channel = token.channel if token.channel in plan.channels else EVERY_CHANNEL
        lines = [
            ConsentLine(purpose=purpose, is_granted=False, channel=channel)
            for purpose in dict.fromkeys(purpose for purpose, _ in closed)
            if purpose == token.purpose or token.purpose not in plan.purposes
        ]
        await self._say(guest, self._statement(guest, lines, how), how)
        return None

    async def choose(self, guest: Guest, lines: Sequence[ConsentLine], how: How) -> None:
        """Put on record what somebody chose among everything there is."""
        if lines:
            said = self._statement(guest, lines, how, scope="channel")
            await self._say(guest, said, how)

    async def leave(self, guest: Guest, how: How) -> None:
        """Take everything that can be refused as refused, in every channel."""
        assert guest.state is not None, "nobody is there to say it"
        lines = [
            ConsentLine(purpose=topic.purpose, is_granted=False)
            for topic in topics(self.plan(), guest.state)
        ]
        await self._say(guest, self._statement(guest, lines, how), how)

    def is_confirmed(self, guest: Guest) -> Consent | None:
        """Return the yes that a link was sent to have confirmed, once it holds."""
        if guest.state is None:
            return None
        about = (guest.token.purpose, guest.token.channel)
        if not is_open(self.plan(), guest.state, *about):
            return None
        return holding(self.plan(), guest.state, *about)

    def is_awaited(self, guest: Guest) -> bool:
        """Return whether a yes waits for what a link was sent for."""
        about = (guest.token.purpose, guest.token.channel)
        return guest.state is not None and awaited(self.plan(), guest.state, *about) is not None

    async def confirm(self, guest: Guest, how: How) -> Consent | None:
        """Let the yes hold that a link was sent for; None where it does not all the same."""
        token = guest.token
        yes = ConsentLine(purpose=token.purpose, is_granted=True, channel=token.channel)
        await self._say(guest, self._statement(guest, [yes], how, is_confirmation=True), how)
        person_id, state = await self._world.present(guest.person_id)
        return self.is_confirmed(Guest(token=token, person_id=person_id, state=state))

    def _statement(
        self,
        guest: Guest,
        lines: Sequence[ConsentLine],
        how: How,
        *,
        scope: Scope = "",
        is_confirmation: bool = False,
    ) -> ConsentSaid:
        evidence = Evidence(
            ip_digest=self._world.audit.address_digest(how.address),
            method=how.method,
            language=how.language,
        )
        said = self._world.consents.statement(
            guest.person_id,
            lines,
            source=f"{SOURCE}:{guest.token.kind}",
            wording=digest(how.text.encode()) if how.text else "",
            evidence=evidence,
        )
        return msgspec.structs.replace(said, scope=scope, is_confirmation=is_confirmation)

    async def _say(self, guest: Guest, said: ConsentSaid, how: How) -> None:
        """Put a statement on record, then on the audit; returns once it holds.

        In this order: no audit that cannot be written may keep an opt-out from holding.
        """
        await self._world.consents.take(said)
        await self._keep_wording(said.wording, how)
        answers = [f"{one.purpose}/{one.channel}={one.is_granted}".lower() for one in said.lines]
        detail = {
            "answers": " ".join(answers),
            "method": how.method,
            "delivery": guest.token.delivery_id,
            "event": said.event_id,
        }
        entry = AuditEntry(
            actor="person", action="consent.say", subject=guest.person_id, detail=detail
        )
        await self._world.audit.record(entry)

    async def _keep_wording(self, name: str, how: How) -> None:
        """Have the audit keep a page's text under its name, so that it can be shown again."""
        if name and name not in self._wordings:
            detail = {"language": how.language, "text": how.text}
            entry = AuditEntry(actor="system", action="pages.wording", subject=name, detail=detail)
            await self._world.audit.record(entry)
            self._wordings[name] = None

    async def _refuse(self, why: NotOurs, kind: LinkKind, address: str) -> NotOurs:
        entry = AuditEntry(
            actor=f"address:{self._world.audit.address_digest(address)}",
            action="link.open",
            subject=kind,
            detail={"why": why},
            outcome="refused",
        )
        await self._world.audit.count(entry)
        return why

    def _valid(self) -> Mapping[LinkKind, Duration]:
        valid = self.plan().pages.valid
        asked = [rule.expires for rule in self.plan().policies.double_opt_in]
        confirm = max(asked, default=CONFIRM_VALID)
        return {"unsubscribe": valid, "preferences": valid, "confirm": confirm}
