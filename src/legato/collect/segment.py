"""The protocol of Segment's and RudderStack's SDKs: routes, limits, settings and answers.

The two families share routes and bodies and differ in their answers. The family is that of the
source whose key was shown; before a key is known, that of the route or of telling headers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, assert_never

import msgspec

from legato.collect.wire import Family
from legato.model.definitions.source import Source
from legato.model.event import CustomerEventKind
from legato.model.instant import SECOND, Duration
from legato.model.noun import Noun

BATCH_BYTES_MAX: Mapping[Family, int] = {"segment": 500 * 1024, "rudder": 4_000 * 1024}
BATCH_EVENTS_MAX = 2_500
BODY_BYTES_MAX = max(BATCH_BYTES_MAX.values())
"""What is read before the source, and with it the family, is known."""

Action: TypeAlias = Literal[
    "one",
    "batch",
    "pixel",
    "settings",
    "source_config",
    "verdicts",
    "ignore",
    "health",
    "version",
]


class Route(Noun, frozen=True, kw_only=True):
    """What a path asks for."""

    action: Action
    kind: CustomerEventKind | None = None
    is_device: bool = False
    """Only browsers and apps use it, so the peer's address is the person's."""
    family: Family = "segment"

    @property
    def method(self) -> str:
        return "POST" if self.action in ("one", "batch", "ignore") else "GET"


class Answer(Noun, frozen=True, kw_only=True):
    """A response, before the headers for browsers."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]


_KINDS: Mapping[str, CustomerEventKind] = {
    "track": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
}

SETTINGS_PREFIX = "/v1/projects/"
SETTINGS_SUFFIX = "/settings"


def _routes() -> dict[str, Route]:
    calls: dict[str, Route] = {}
    for name, kind in _KINDS.items():
        calls[f"/{name}"] = Route(action="one", kind=kind)
        calls[f"/{name[0]}"] = Route(action="one", kind=kind, is_device=True)
    calls["/batch"] = calls["/import"] = Route(action="batch")
    calls["/b"] = Route(action="batch", is_device=True)
    # The browser SDK's own metrics. An error here would only make its console noisy.
    calls["/m"] = Route(action="ignore")
    routes = {f"{prefix}{path}": route for path, route in calls.items() for prefix in ("", "/v1")}
    for name, kind in _KINDS.items():
        routes[f"/v1/pixel/{name}"] = Route(action="pixel", kind=kind, is_device=True)
    for kind in ("track", "page"):
        routes[f"/pixel/v1/{kind}"] = Route(
            action="pixel", kind=kind, is_device=True, family="rudder"
        )
    routes["/beacon/v1/batch"] = Route(action="batch", is_device=True, family="rudder")
    routes["/sourceConfig"] = Route(action="source_config", family="rudder")
    routes["/v1/verdicts"] = Route(action="verdicts")
    routes["/health"] = Route(action="health")
    routes["/version"] = Route(action="version")
    return routes


ROUTES: Mapping[str, Route] = _routes()
_SETTINGS = Route(action="settings")


def find_route(path: str) -> Route | None:
    """Return what a path asks for; None where this door does not answer it."""
    route = ROUTES.get(path) or ROUTES.get(path.rstrip("/"))
    return _SETTINGS if route is None and settings_key(path) else route


def is_collect_path(path: str) -> bool:
    """Return whether the collection door answers this path."""
    return find_route(path) is not None


def settings_key(path: str) -> str:
    """Return the write key in the path of a settings request."""
    path = path.rstrip("/")
    if not (path.startswith(SETTINGS_PREFIX) and path.endswith(SETTINGS_SUFFIX)):
        return ""
    key = path[len(SETTINGS_PREFIX) : -len(SETTINGS_SUFFIX)]
    return "" if "/" in key else key


def family_of(route: Route, headers: Mapping[bytes, bytes]) -> Family:
    """Guess the client's family before its source is known."""
    if route.family == "rudder" or b"anonymousid" in headers:
        return "rudder"
    return "rudder" if b"rudder" in headers.get(b"user-agent", b"").lower() else "segment"


_JSON_TYPE = (b"content-type", b"application/json; charset=utf-8")
_TEXT_TYPE = (b"content-type", b"text/plain; charset=utf-8")
_NOT_SNIFFED = (b"x-content-type-options", b"nosniff")


def answer_json(value: object, *, status: int = 200, cache: bytes = b"no-store") -> Answer:
    """Answer with JSON."""
    body = msgspec.json.encode(value)
    length = (b"content-length", b"%d" % len(body))
    return Answer(status=status, body=body, headers=(_JSON_TYPE, length, (b"cache-control", cache)))


def answer_text(text: str, *, status: int = 200) -> Answer:
    """Answer with plain text."""
    body = text.encode()
    length = (b"content-length", b"%d" % len(body))
    return Answer(status=status, body=body, headers=(_TEXT_TYPE, length, _NOT_SNIFFED))


TAKEN: Mapping[Family, Answer] = {
    "segment": answer_json({"success": True}),
    "rudder": answer_text("ok"),
}
"""Everything is on the disk."""

_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;"
)
PIXEL = Answer(
    status=200,
    body=_GIF,
    headers=(
        (b"content-type", b"image/gif"),
        (b"content-length", b"%d" % len(_GIF)),
        (b"cache-control", b"no-store"),
    ),
)

FaultCode: TypeAlias = Literal[
    "missing_write_key",
    "invalid_write_key",
    "source_disabled",
    "invalid_json",
    "invalid_request",
    "empty_batch",
    "too_large",
    "bad_encoding",
    "not_found",
    "method_not_allowed",
    "timeout",
    "busy",
    "internal",
]


class Fault(Noun, frozen=True, kw_only=True):
    """A refusal of a whole request: our status and words, and Rudder's own where they differ."""

    status: int
    message: str
    rudder_status: int = 0
    rudder_message: str = ""


FAULTS: Mapping[FaultCode, Fault] = {
    "missing_write_key": Fault(
        status=401,
        message="no write key; send it as user name of Basic authentication or as `writeKey`",
        rudder_message="failed to read writekey from header",
    ),
    "invalid_write_key": Fault(
        status=401,
        message="no source has this write key; compare it with the workspace's sources",
        rudder_message="invalid write key",
    ),
    "source_disabled": Fault(
        status=401,
        message="the source of this write key is disabled; enable it in the workspace",
        rudder_status=404,
        rudder_message="source is disabled",
    ),
    "invalid_json": Fault(
        status=400,
        message="malformed JSON; send one object in UTF-8",
        rudder_message="invalid json",
    ),
    "invalid_request": Fault(
        status=400,
        message="the body has no `batch` array; send {batch: [...]}",
        rudder_message="event is not a valid rudder event",
    ),
    "empty_batch": Fault(
        status=400, message="the batch is empty", rudder_message="empty batch payload"
    ),
    "too_large": Fault(
        status=400,
        message="the request is too large; send at most 32 KB a call and 500 KB a batch",
        rudder_status=413,
        rudder_message="request size exceeds max limit",
    ),
    "bad_encoding": Fault(
        status=400,
        message="the body cannot be unpacked; send it as gzip, deflate or plain",
    ),
    "not_found": Fault(status=404, message="no such route; see the guide of the collection door"),
    "method_not_allowed": Fault(status=405, message="this route takes another method"),
    "timeout": Fault(status=408, message="the body did not arrive in time; send it again"),
    "busy": Fault(status=503, message="busy; nothing was taken, send it again later"),
    "internal": Fault(status=500, message="a fault of the server; send it again later"),
}


def answer_fault(code: FaultCode, family: Family) -> Answer:
    """Refuse a request in the form that the family's SDKs read."""
    fault = FAULTS[code]
    match family:
        case "rudder":
            text = fault.rudder_message or fault.message
            return answer_text(f"{text}\n", status=fault.rudder_status or fault.status)
        case "segment":
            # The older Python SDK fails on an error body without exactly these keys.
            value = {"success": False, "code": code, "message": fault.message}
            return answer_json(value, status=fault.status)
        case _:
            assert_never(family)


def answer_busy(family: Family, retry_after: Duration) -> Answer:
    """Refuse for now, and say when to come back, in whole seconds."""
    refusal = answer_fault("busy", family)
    seconds = max(1, -(-retry_after // SECOND))
    return Answer(
        status=refusal.status,
        body=refusal.body,
        headers=(*refusal.headers, (b"retry-after", b"%d" % seconds)),
    )


def answer_settings(key: str, *, host: str, scheme: str) -> Answer:
    """Tell Segment's browser and mobile SDKs to send here what they collect."""
    value: dict[str, Any] = {
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": f"{host}/v1",
                "protocol": scheme,
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {
            kind: {"__default": {"enabled": True, "integrations": {}}}
            for kind in ("track", "identify", "group")
        },
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
    }
    return answer_json(value, cache=b"public, max-age=120")


def answer_source_config(key: str, source: Source) -> Answer:
    """Tell Rudder's browser SDK about its source: no device-mode destinations."""
    silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    value: dict[str, Any] = {
        "source": {
            "id": source.name,
            "name": source.title or source.name,
            "writeKey": key,
            "enabled": source.is_enabled,
            "workspaceId": "legato",
            "config": {"statsCollection": silent},
            "destinations": [],
            "connections": [],
            "dataplanes": {},
        }
    }
    return answer_json(value, cache=b"public, max-age=120")
