"""Where events come from, and how their calls are proven and read."""

from __future__ import annotations

from typing import Literal

from legato.model.definitions.inbound import Inbound
from legato.model.instant import MINUTE, Duration
from legato.model.noun import Noun
from legato.model.problem import Problem


class Hours(Noun, frozen=True, kw_only=True, array_like=True):
    """Hours on the wall of one place: minutes of the day [start, end), which may span midnight."""

    start: int
    end: int
    zone: str


class Hook(Noun, frozen=True, kw_only=True):
    """How a provider's own calls, posted to `/hooks/SOURCE`, are proven and read."""

    kind: Literal["twilio_sms", "webhook"]
    secret: str
    """Name of the secret that calls are signed with. Its value never stands in a plan."""
    url: str = ""
    """`twilio_sms`: the URL that is signed, where a proxy shows us another one."""
    header: str = ""
    """`webhook`: the header that holds the signature."""
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """Before the signature, as in `sha256=`."""
    timestamp: str = ""
    """The header with the second of sending, which is signed as `SECOND.BODY`."""
    tolerance: Duration = 5 * MINUTE
    """An older call is refused: somebody may play a recorded one back."""
    event: str = ""
    """What its calls are called here."""
    message_id: str = ""
    """Path of what a call is known by; empty: by its bytes."""
    user_id: str = ""


class OptOuts(Noun, frozen=True, kw_only=True):
    """How a source tells that somebody wants no more messages."""

    channel: str
    at: str
    """Path of the words."""
    address: str
    """Path of the address that wants no more."""
    values: tuple[str, ...] = ()
    """Words that mean an opt-out; none: they are a person's own, see core.consents.keywords."""
    purposes: tuple[str, ...] = ()
    """Empty: every promotional purpose."""
    help: str = ""
    """The template that answers a HELP."""
    ask: str = ""
    """The template that asks back where a reply is not clear; empty: it is an opt-out."""
    confirm: str = ""
    """The template that confirms an opt-out."""


class Source(Noun, frozen=True, kw_only=True):
    """Where events come from. `key_digests` are digests of its write keys."""

    name: str
    key_digests: tuple[str, ...]
    kind: Literal["segment", "rudder"] = "segment"
    """The family of its client SDKs: decides the answers' form."""
    is_enabled: bool = True
    title: str = ""
    silent_after: Duration = 0
    """Without an event for so long, it counts as silent; 0: it may be."""
    expected: Hours | None = None
    """When it is expected to send at all; None: at any hour."""
    hook: Hook | None = None
    opt_outs: OptOuts | None = None
    pairs_with: str = ""
    """The destination at the same outside system: it is not told what it has told us."""
    inbound: Inbound | None = None
    broken: Problem | None = None
    """What is wrong in its connector's manifest. Nothing is taken from it. Only a plan that nothing
    ran before may have such a one."""
