"""What a source's manifest declares, compiled. `compile.compile_source` makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node
from legato.connectors.mistake import Mistake
from legato.connectors.spec import Auth, Call, Setting
from legato.model.instant import Duration
from legato.model.noun import Noun

VerifyKind: TypeAlias = Literal["hmac", "ecdsa_p256", "sns", "secret", "none"]
Algorithm: TypeAlias = Literal["sha1", "sha256", "sha512"]
Encoding: TypeAlias = Literal["hex", "base64"]
PartKind: TypeAlias = Literal["raw", "timestamp", "url", "method", "form", "text", "value"]
BodyKind: TypeAlias = Literal["auto", "json", "form"]
Standing: TypeAlias = Literal["verified", "documented", "generic"]
"""How much a manifest is to be believed: see docs/guide/sources.md."""


class SourceHead(Noun, frozen=True, kw_only=True):
    """Who it is."""

    id: str
    name: str
    docs: str
    """Where the provider documents what is used here."""
    status: Standing = "generic"
    body: BodyKind = "auto"
    """How a body is read, where the header does not say it."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of what is signed. `text` stands as it is; `value` is looked up."""

    kind: PartKind
    text: str = ""
    value: Expression | None = None


class Verify(msgspec.Struct, frozen=True, kw_only=True):
    """How a call is proven. Kinds use the fields that concern them."""

    kind: VerifyKind
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    key_encoding: Literal["text", "hex", "base64"] = "text"
    """How the secret is written."""
    prefix: str = ""
    """Before the signature, as in `sha256=`."""
    key_prefix: str = ""
    """Before the secret, as in `whsec_`; not part of the key."""
    secret: Node | None = None
    """The key, or the public key, or what must be given."""
    given: Node | None = None
    """The signature; or what is compared with the secret. A list: any of them."""
    pairs: Expression | None = None
    """A header of the form `t=1,v1=abc`, read into `pairs`."""
    timestamp: Expression | None = None
    over: tuple[Part, ...] = ()
    tolerance: Duration = 0
    """0: calls grow never too old."""
    addresses: Expression | None = None
    """Networks that calls may come from."""
    topics: Expression | None = None
    """`sns`: topics that are ours. Anybody with an account there can sign."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A call by which a provider makes sure that somebody is here."""

    method: Literal["GET", "HEAD", "POST"]
    when: Expression | None = None
    given: Expression | None = None
    """Compared in constant time with `secret`; a call that gives another is refused."""
    secret: Expression | None = None
    answer: Node | None = None
    """A text, or a mapping for JSON."""
    visit: Expression | None = None
    """An address that is called to confirm."""


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered once everything is on the disk."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: str = ""


class Emit(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a rule makes of an item."""

    fields: Mapping[str, Node]
    """Of compile.EMIT_KEYS."""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What an item says beside what happened."""

    address: Literal["", "bounced", "complained"] = ""
    consent: Literal["", "withdrawn", "granted"] = ""
    delivery: Expression | None = None
    """Our delivery's id, as the provider gives it back."""
    outcome: str = ""
    receipt: Expression | None = None
    code: Expression | None = None
    """The provider's own word for what went wrong."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Items for which `when` holds, and for which no rule before did, become these events."""

    when: Expression | None
    emits: tuple[Emit, ...]
    telling: Telling = Telling()
    """Goes with the first event."""
    ignore: str = ""
    """Why items of this kind are nothing to us; then there are no events."""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider that posts nothing is asked, again and again, for what is new."""

    call: Call
    """One page. It sees `settings`, `token`, `clock`, `since`, and `page` behind the first."""
    items: Node
    """Of an answer: over `status`, `header`, `body`."""
    next: Node | None
    """What `page` is for the next one; nothing: that was the last."""
    cursor: Expression
    """Of an item: how far it brings us. It grows from item to item, or stays."""
    kind: Literal["time", "number"]
    every: Duration
    overlap: Duration
    """Asked for again: providers show changes some seconds late, and out of order."""
    first: Duration
    """How far back the first time goes."""
    rate: float
    """Requests a second; 0: no limit."""
    pages_max: int
    """Of one round. Providers end long lists; another round goes on from where this one came."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider is asked for what its calls only name, before rules see an item."""

    call: Call
    """It sees `item`, `settings`, `token`, `clock`."""
    when: Expression | None
    """Over `item`: others are complete. None: all need it."""
    select: Node | None
    """What of the answer is wanted, over `status`, `header`, `body`; None: the body."""
    within: Duration
    """It is tried again for so long."""


class SourceSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A source of calls."""

    head: SourceHead
    settings: Mapping[str, Setting]
    verify: Verify
    challenges: tuple[Challenge, ...]
    ack: Ack
    split: Node | None
    """Where the items of a call stand; None: it is one itself."""
    dedupe: Node | None
    """What an item is known by; None: by its bytes."""
    let: tuple[tuple[str, Node], ...]
    rules: tuple[Rule, ...]
    address: str = ""
    """The property that holds the address which items are about."""
    replies: str = ""
    """The property that holds what a person wrote: STOP and its like are understood in it."""
    header_names: tuple[str, ...] = ()
    """Headers that rules look at: kept with items that no rule reads."""
    query_names: tuple[str, ...] = ()
    """Likewise, of the URL's query."""
    auth: Auth = Auth()
    """How we prove ourselves where we ask."""
    poll: Poll | None = None
    fetch: Fetch | None = None
    is_posted: bool = True
    """It takes calls. One that is only polled takes none: nothing could prove them."""

    def events(self) -> tuple[str, ...]:
        """Return the names of the events that it makes, as far as they are fixed."""
        return fixed_events(self.rules)

    def is_telling(self) -> bool:
        """Return whether it says anything of addresses or consent."""
        return bool(self.replies) or any(
            rule.telling.address or rule.telling.consent for rule in self.rules
        )


class CompiledSource(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a manifest: a spec, or what is wrong with it."""

    spec: SourceSpec | None
    mistakes: tuple[Mistake, ...]
    events: tuple[str, ...]
    """The names of the events that it makes, as far as they are fixed and can be read."""
    is_half_read: bool = False
    """A mistake stands where the name of an event should: it may make others too."""


def fixed_events(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the names of the events that rules make, as far as they are fixed."""
    names = [emit.fields.get("event") for rule in rules for emit in rule.emits]
    fixed = [str(name.read({})) for name in names if name is not None and name.is_constant]
    return tuple(dict.fromkeys(fixed))
