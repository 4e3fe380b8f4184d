"""What a connector declares, compiled. `compile.compile_manifest` makes it from a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node
from legato.connectors.language.value import Read
from legato.connectors.mistake import Mistake
from legato.model.delivery import Operation
from legato.model.instant import Duration
from legato.model.noun import Noun

TransportKind: TypeAlias = Literal["http", "smtp", "file", "kafka", "redis", "postgresql", "object"]
BodyFormat: TypeAlias = Literal[
    "json", "json_array", "json_gzip", "form", "multipart", "xml", "csv", "ndjson", "raw", "none"
]
AuthKind: TypeAlias = Literal[
    "none", "header", "query", "basic", "bearer", "hmac", "jwt", "oauth2", "oauth1", "aws_sigv4"
]
ValueType: TypeAlias = Literal["string", "integer", "number", "boolean", "object", "array", "any"]
Category: TypeAlias = Literal[
    "email", "sms", "push", "ads", "crm", "support", "analytics", "stream", "api", "prompt"
]
Class: TypeAlias = Literal[
    "success", "throttle", "bounce", "denied", "dead", "refresh", "withdrawn", "retry", "abort"
]
"""What an answer means. `denied`: the account is refused, not the delivery: it is tried again.
`refresh`: the token is old, another is fetched first. `dead`: the connection is broken for good
and the operator is told. `withdrawn`: the person has said no to the provider."""
EventType: TypeAlias = Literal["track", "identify", "page", "screen", "group", "alias"]
PiiKind: TypeAlias = Literal[
    "email", "phone", "name", "address", "birthday", "gender", "ip", "device", "id", "location"
]


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
    """One field that a route takes: of the content, or from an event by a mapping."""

    type: ValueType = "string"
    required: bool = False
    title: str = ""
    pii: PiiKind | Literal[""] = ""
    """What kind of personal data it is, for the register of processing."""
    enum: tuple[Any, ...] = ()
    pattern: str = ""
    default: Any = None


class Head(Noun, frozen=True, kw_only=True):
    """Who it is."""

    id: str
    name: str
    category: Category
    docs: str
    """Where the provider documents what is used here."""
    api_version: str = ""
    sunset: str = ""
    """The day on which the provider switches this version off, if it is known."""
    pii: tuple[PiiKind, ...] = ()
    """What personal data goes there: the register of processing is made from it."""
    inbound: tuple[str, ...] = ()
    """Sources of the same system: they tell what became of what was sent, and who said no there."""
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


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says is left of the provider's rate, over `status` and `header`."""

    left: Expression
    """How many requests."""
    reset: Expression
    """Until when: seconds, an HTTP date or Unix time."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery for which `that` does not hold is refused with `what`."""

    that: Expression
    what: str
    is_late: bool = False
    """It needs what a lookup finds."""
    after: str = ""
    """It needs what this request of the route was answered."""


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    kind: AuthKind = "none"
    name: str = ""
    """Of the header or query parameter."""
    value: Node | None = None
    """Token, header value or HMAC key. Missing: nothing is sent."""
    username: Node | None = None
    fields: Mapping[str, Node] = {}
    """Whatever else the kind needs."""


def event_name(name: str) -> str:
    """Return a name of an event as names are compared: whatever its case and the space around."""
    return name.strip().lower()


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """Which events a route takes. Empty: any."""

    types: tuple[EventType, ...] = ()
    events: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    """Of the events, as `event_name` has them."""
    when: Expression | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a route, or one for each of a list."""

    fields: Mapping[str, Node]
    """Of the request, as its transport has them: `connectors.fields`."""
    method: str = "POST"
    """Empty: worked out, by `fields["method"]`."""
    format: BodyFormat = "json"
    when: Expression | None = None
    for_each: Expression | None = None
    name: str = ""
    """Under which the answer can be read by those after it; of `for_each`, a list of all."""
    accept: tuple[tuple[int, int], ...] = ()
    """Statuses that are no success, and do not end it: those after it look at `name.status`."""
    is_alone: bool = False
    """It never travels with others, whatever the others of its route do."""
    auth: Auth | None = None
    """How this request proves itself, where it is not as the others do."""


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """A question whose answer the requests need."""

    name: str
    call: Call
    select: Node | None
    """What of the answer is wanted: over `status`, `header`, `body`, `text`."""
    absent: tuple[tuple[int, int], ...] = ()
    """Statuses that say 'there is none', which is an answer too."""
    accept: tuple[tuple[int, int], ...] = ()
    """Statuses that are no success, and say what is wanted: 409, with the id of what is there."""
    key: Node | None = None
    """Under which an answer is remembered; None: it is asked each time."""
    ttl: Duration = 0
    negative: Duration = 0
    """How long it is remembered that there is none."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """How the requests of several deliveries become one."""

    items: int
    when: Expression | None = None
    """Over the settings: whether there are batches at all."""
    bytes_max: int = 0
    wait: Duration = 0
    key: Node | None = None
    """Deliveries travel together where it is the same, besides method, URL and headers."""
    merge: tuple[tuple[str, ...], ...] = ()
    """Lists of the body that are joined; empty: the body is a list, or is made by `calls`."""
    let: Mapping[str, Read] = {}
    """Names for `lookups` and `calls`, over `items` and answers."""
    lookups: tuple[Lookup, ...] = ()
    """What is asked once for all, over `items`, before `calls`."""
    calls: tuple[Call, ...] = ()
    """Requests of its own, over `items`."""
    least: int = 1
    """Fewer are sent each by its own request, and not by `calls`."""
    across: str = ""
    """Requests of whatever route travel together whose batches say the same."""
    each: Node | None = None
    """What a delivery gives to `items`; None: the body of its request."""
    is_by_request: bool = False
    """`each` is worked out for each request of a delivery, which it sees as `request`."""
    asks: bool = True
    """The lookups of the route are asked for batches too."""
    partial: Literal["", "index", "id"] = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """How one operation becomes requests."""

    on: Operation
    id: str = ""
    trigger: Trigger = Trigger()
    goes_on: bool = False
    """The routes after it are looked at too."""
    is_named: bool = False
    """Taken only when a destination asks for it by its id."""
    changed_only: bool = False
    """A call that says what the person's last one said need not be sent again."""
    inputs: Mapping[str, Input]
    """Empty: whatever the content holds."""
    sources: Mapping[str, Node] = {}
    """Input -> where it comes from, unless the customer says otherwise."""
    defaults: Mapping[str, Node] = {}
    """Input -> what it is where nothing is there, of those that are worked out."""
    let: Mapping[str, Read]
    ignore: tuple[Requirement, ...] = ()
    require: tuple[Requirement, ...]
    lookups: tuple[Lookup, ...] = ()
    calls: tuple[Call, ...]
    batch: Batch | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Answers with one of these statuses for which `when` holds are of this class."""

    becomes: Class
    statuses: tuple[tuple[int, int], ...]
    """Inclusive ranges; empty: any."""
    when: Expression | None = None
    after: Expression | None = None
    """Seconds, an HTTP date or Unix time."""


class Partial(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer to a batch says which of its items failed."""

    many: Expression
    """The list of what failed."""
    where: Expression | None = None
    """Over one of the list: whether it failed; None: all of them did."""
    index: Expression | None = None
    """Over one of the list: the place of the item in the batch."""
    list: Expression | None = None
    """Over one of the list: which of the joined lists that place is in, where there are several."""
    id: Expression | None = None
    """Over one of the list: the item's id, as `Batch.each` gave it."""
    why: Expression | None = None
    becomes: Class = "abort"
    retry: Expression | None = None
    """Over one of the list: whether another attempt can help."""


class Judge(msgspec.Struct, frozen=True, kw_only=True):
    """How answers are read."""

    rules: tuple[Rule, ...]
    receipt: Expression | None = None
    answer: Node | None = None
    reads: tuple[str, ...] = ()
    """What of an answer: `status`, `header`, `body`, `text`."""
    promises_json: bool = False
    """What became of a delivery is read in the body: one that is no JSON is not the provider's."""
    partial: Partial | None = None


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """A connector."""

    head: Head
    consent: ConsentNeeds
    settings: Mapping[str, Setting]
    transport: TransportKind
    auth: Auth
    accounts: tuple[tuple[Expression, Auth], ...] = ()
    """Other kinds of account, each where its condition holds of the settings."""
    let: Mapping[str, Read] = {}
    """What all routes share, and triggers can read."""
    routes: Mapping[Operation, tuple[Route, ...]]
    judge: Judge
    limits: Limits
    window: Window | None = None
    conformance: Mapping[str, Any] = {}
    """How it is scored against vectors of others: read by `verify` alone."""

    @property
    def keeps_order(self) -> bool:
        """Whether a person's deliveries go one after the other.

        Lines of an object are stored together: one after the other, each would wait for an object.
        """
        return self.transport != "object"

    def inputs(self, operation: Operation) -> Mapping[str, Input]:
        """Return the inputs of all routes of an operation."""
        routes = self.routes.get(operation, ())
        return {name: one for route in routes for name, one in route.inputs.items()}


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a manifest: a spec, or what is wrong with it."""

    spec: Spec | None
    mistakes: tuple[Mistake, ...]
