"""What the lanes need around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from legato.connectors.spec import TransportKind
from legato.model.delivery import Delivery, Outcome
from legato.model.instant import Instant
from legato.ports.accounts.rates import RateLeases
from legato.ports.accounts.tokens import TokenStore
from legato.ports.clearance import Gatekeeper
from legato.ports.clock import Clock
from legato.ports.intake import Intake
from legato.ports.links import Links
from legato.ports.sender import Secrets, Sender
from legato.ports.state_store import Outbox


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Given once, shared by every lane."""

    outbox: Outbox
    senders: Mapping[TransportKind, Sender]
    """Those whose library is installed."""
    secrets: Secrets
    gatekeeper: Gatekeeper
    intake: Intake
    clock: Clock
    links: Links
    tokens: TokenStore | None = None
    """None: a token is fetched anew after a restart."""
    leases: RateLeases | None = None
    """None: a rate is shared inside this process only."""
    on_over: Callable[[Delivery, Outcome, Instant], None] | None = None
    """Told of every delivery that is over, with what became of it and the instant of that."""
