"""What a connector declares, compiled. `compile.compile_manifest` makes it from a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.connectors.expression import Expression
from legato.connectors.mistake import Mistake
from legato.connectors.node import Node
from legato.model.delivery import Operation
from legato.model.instant import Duration
from legato.model.noun import Noun

TransportKind: TypeAlias = Literal["http", "smtp", "file"]
BodyFormat: TypeAlias = Literal["json", "json_array", "form", "raw"]
AuthKind: TypeAlias = Literal["none", "header", "query", "basic", "bearer", "hmac"]
ValueType: TypeAlias = Literal["string", "integer", "number", "boolean", "object", "array"]
Category: TypeAlias = Literal[
    "email", "sms", "push", "ads", "crm", "support", "analytics", "stream", "api", "prompt"
]
Class: TypeAlias = Literal["success", "throttle", "bounce", "denied", "retry", "abort"]
"""What an answer means. `denied`: the account is refused, not the delivery: it is tried again."""


class Setting(Noun, frozen=True, kw_only=True):
    """One field of a destination's settings."""

    type: ValueType = "string"
    required: bool = False
    secret: bool = False
    """Written `{secret: NAME}`; the value is looked up at the moment of sending."""
    in_url: bool = False
    """A secret that the provider wants in the URL. URLs end in logs: mark only if they insist."""
    default: Any = None
    enum: tuple[Any, ...] = ()
    pattern: str = ""
    title: str = ""


class Input(Noun, frozen=True, kw_only=True):
    """One field of the content that a route takes."""

    type: ValueType = "string"
    required: bool = False
    title: str = ""


class Head(Noun, frozen=True, kw_only=True):
    """Who it is."""

    id: str
    name: str
    category: Category
    docs: str
    """Where the provider documents what is used here."""
    on_doubt: Literal["skip", "resend"] = "resend"
    """`skip` where the provider ignores the idempotency key and twice would be seen."""
    idempotency: str = "Idempotency-Key"
    """The header that carries the delivery's id on every attempt."""


class ConsentNeeds(Noun, frozen=True, kw_only=True):
    """What kind of contact this is, for the register of processing."""

    purposes: tuple[str, ...] = ()
    channel: str = ""


class Limits(Noun, frozen=True, kw_only=True):
    """What the provider allows; a destination may set its own."""

    rate: float = 0.0
    """Requests a second; 0: no limit known."""
    concurrency: int = 0
    timeout: Duration = 0


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery for which `that` does not hold is refused with `what`."""

    that: Expression
    what: str


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    kind: AuthKind = "none"
    name: str = ""
    """Of the header or query parameter."""
    value: Node | None = None
    """Token, header value or HMAC key. Missing: nothing is sent."""
    username: Node | None = None


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """How one operation becomes a request."""

    on: Operation
    inputs: Mapping[str, Input]
    """Empty: whatever the content holds."""
    let: tuple[tuple[str, Node], ...]
    require: tuple[Requirement, ...]
    fields: Mapping[str, Node]
    """Of the request: url, params, headers, body | host, from, to, ... | path, line."""
    method: str = "POST"
    format: BodyFormat = "json"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Answers with one of these statuses for which `when` holds are of this class."""

    becomes: Class
    statuses: tuple[tuple[int, int], ...]
    """Inclusive ranges; empty: any."""
    when: Expression | None = None
    after: Expression | None = None
    """Seconds or an HTTP date."""


class Judge(msgspec.Struct, frozen=True, kw_only=True):
    """How answers are read."""

    rules: tuple[Rule, ...]
    receipt: Expression | None = None
    answer: Node | None = None
    reads: tuple[str, ...] = ()
    """What of an answer: `status`, `header`, `body`, `text`."""


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """A connector."""

    head: Head
    consent: ConsentNeeds
    settings: Mapping[str, Setting]
    transport: TransportKind
    auth: Auth
    routes: Mapping[Operation, Route]
    judge: Judge
    limits: Limits


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a manifest: a spec, or what is wrong with it."""

    spec: Spec | None
    mistakes: tuple[Mistake, ...]
