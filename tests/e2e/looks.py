"""Every page of the Studio as somebody meets it, deep ones with what really is there.

Screens declare their pages in `web/src/screens/*/screen.ts`; `PAGES` says how each is looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urlsplit

from legato.app.rehearse.scenarios import read_whole
from legato.model.instant import MILLISECOND, format_instant
from tests.e2e.started import ANSWER_SECONDS, Started
from tests.e2e.wheel import ROOT

_PATH = re.compile(r"\bpath: '([^']+)'")
DRAFT = "larger-carts"
JOURNEY = "cart_rescue"

PAGES: Mapping[str, tuple[str, ...]] = {
    "/": ("",),
    "/access": ("", "?show=roles", "?show=teams", "?show=tokens", "?show=provider"),
    "/access/me": ("",),
    "/approvals": ("",),
    "/approvals/$number": ("",),
    "/audit": ("",),
    "/connections": ("",),
    "/connections/catalog": ("",),
    "/connections/catalog/$name": ("",),
    "/connections/catalog/sources/$name": ("",),
    "/connections/connected": ("",),
    "/connections/dead": ("",),
    "/connections/dead/$id": ("",),
    "/connections/destinations/$name": ("",),
    "/connections/destinations/$name/edit": ("",),
    "/connections/new/$name": ("",),
    "/connections/new/sources/$name": ("",),
    "/connections/quarantine": ("",),
    "/connections/quarantine/$position": ("",),
    "/connections/sources/$name": ("",),
    "/connections/sources/$name/edit": ("",),
    "/consent": (
        "",
        "?at=marketing%2Femail",
        "?show=withdrawals",
        "?show=requests",
        "?show=retention",
    ),
    "/consent/erasures/$id": ("",),
    "/customers": ("",),
    "/customers/$who": (
        "",
        "?message=$message",
        f"?journey={JOURNEY}",
        "?message=$message&at=$moment",
    ),
    "/customers/$who/again": ("",),
    "/definitions": ("",),
    "/dictionary": ("",),
    "/dictionary/$name": ("",),
    "/journeys": ("",),
    "/journeys/$name": (
        "",
        "?lens=traffic",
        "?lens=text",
        "?step=steps%2F0",
        f"?draft={DRAFT}",
        f"?draft={DRAFT}&step=steps%2F0",
        f"?draft={DRAFT}&lens=changes",
        f"?draft={DRAFT}&lens=text",
    ),
    "/journeys/$name/rehearse": tuple(
        f"?draft={DRAFT}&tab={tab}"
        for tab in ("scenarios", "walk", "proofs", "backtest", "publish")
    ),
    "/live": ("", "?event=$event", "?about=decided"),
    "/rehearsals": ("",),
    "/scorecard": (
        "",
        *(
            f"?over=hour&figure={figure}"
            for figure in ("latency", "availability&view=table", "journey_cost")
        ),
    ),
    "/segments": ("", "?begin=1"),
    "/segments/$name": ("",),
}
"""The pages that screens declare, and the ways to look at each: what follows its path."""

_NAMED: Mapping[str, str] = {
    "/connections/catalog/$name": "klaviyo",
    "/connections/catalog/sources/$name": "stripe",
    "/connections/destinations/$name": "analytics",
    "/connections/destinations/$name/edit": "analytics",
    "/connections/new/$name": "slack",
    "/connections/new/sources/$name": "sdk",
    "/connections/sources/$name": "web",
    "/connections/sources/$name/edit": "web",
    "/dictionary/$name": "Order Completed",
    "/journeys/$name": JOURNEY,
    "/journeys/$name/rehearse": JOURNEY,
    "/segments/$name": "vip",
}


def declared() -> set[str]:
    """Return the paths of all pages that screens declare."""
    screens = (ROOT / "web" / "src" / "screens").glob("*/screen.ts")
    return {path for screen in screens for path in _PATH.findall(screen.read_text())}


def addresses(legato: Started) -> list[str]:
    """Bring about what the pages show, and return the address of each look at each of them."""
    there = {**_NAMED, **_bring_about(legato)}
    return [
        re.sub(r"\$\w+", lambda found: quote(there[found[0]], safe=""), f"{named}{more}")
        for path, mores in PAGES.items()
        for named in [re.sub(r"\$\w+", lambda _, path=path: quote(there[path], safe=""), path)]
        for more in mores
    ]


def _bring_about(legato: Started) -> dict[str, str]:
    """Let happen what a shop would rather not have; return what came of it, by its place."""
    files = read_whole(legato.folder / "shop")
    _go_wrong(legato, files)
    step = _until(legato, "/api/tail?after=1&limit=900", _refused)
    decided = next(note for note in step["notes"] if note["type"] == "decided")
    _draft(legato)
    return {
        "/approvals/$number": str(_propose(legato, files)),
        "/connections/dead/$id": _until(legato, "/api/deliveries?standing=dead", _first)[
            "delivery_id"
        ],
        "/connections/quarantine/$position": str(
            _until(legato, "/api/quarantine", _first)["position"]
        ),
        "/consent/erasures/$id": _erase(legato),
        "/customers/$who": step["person_id"],
        "/customers/$who/again": step["person_id"],
        "$moment": format_instant(step["at"] + MILLISECOND),
        "$message": decided["delivery_id"],
        "$event": str(step["position"]),
    }


def _go_wrong(legato: Started, files: Mapping[str, str]) -> None:
    """Close one destination, order something there, and send what no definition knows."""
    name = "destinations/providers.yaml"
    closed = files[name].replace("/analytics/events", "/gone")
    open_again = "rate: 200/s\nallow_private: true\nevents:"
    closed = closed.replace(open_again, "rate: 200/s\nevents:")
    call(legato, "POST", "/api/plan/apply", {"files": {**files, name: closed}})
    order: dict[str, object] = {"order_id": "L-1", "value": 10, "currency": "GBP", "total": 10}
    for event in ({"properties": order}, {"properties": {"no": 1}}):
        legato.post("/v1/track", {"userId": "looked-at", "event": "Order Completed", **event})


def _draft(legato: Started) -> None:
    shown = call(legato, "POST", "/api/drawing/read", {"journey": JOURNEY})
    files = {"journeys/cart_rescue.yaml": shown["text"].replace("over: 40", "over: 60")}
    about = {"journey": JOURNEY, "title": "Rescue only larger carts", "base": shown["base"]}
    call(legato, "PUT", f"/api/drafts/{DRAFT}", {**about, "files": files})


def _propose(legato: Started, files: Mapping[str, str]) -> int:
    journey = files["journeys/cart_rescue.yaml"].replace("over: 40", "over: 25")
    wish = {"files": {**files, "journeys/cart_rescue.yaml": journey}}
    made = call(legato, "POST", "/api/changes", {**wish, "title": "Rescue smaller baskets too"})
    return int(made["change"]["number"])


def _erase(legato: Started) -> str:
    legato.post("/v1/identify", {"userId": "forgotten", "traits": {"email": "gone@shop.example"}})
    _until(legato, "/api/people/user_id:forgotten", bool)
    asked = call(legato, "POST", "/api/people/user_id:forgotten/erase", {"reason": "by letter"})
    return str(asked["erasure_id"])


def _refused(page: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a step in which somebody was not sent something."""
    steps = [step for step in page["steps"] if any(map(_is_refusal, step["notes"]))]
    return next(reversed(steps), None)


def _is_refusal(note: Mapping[str, object]) -> bool:
    return note["type"] == "decided" and note["verdict"] == "refuse"


def _first(rows: Any) -> Any:  # noqa: ANN401 - JSON
    return next(iter(rows), None)


def _until(legato: Started, path: str, found: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON
    """Ask until there is what one looks for: events are taken in their turn."""
    last = monotonic() + ANSWER_SECONDS
    while monotonic() < last:
        status, answer = _asked(legato, "GET", path)
        result = found(answer) if status == HTTPStatus.OK else None
        if result:
            return result
        sleep(0.2)
    raise AssertionError(f"there never was what {path} should answer")


def call(legato: Started, method: str, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    """Call as a program on the same machine does."""
    status, answer = _asked(legato, method, path, body)
    assert status < HTTPStatus.BAD_REQUEST, answer
    return answer


def _asked(
    legato: Started, method: str, path: str, body: Mapping[str, object] | None = None
) -> tuple[int, Any]:
    client = json.loads((legato.folder / "data" / "client.json").read_text())
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
    headers = {"authorization": f"Bearer {client['token']}", "content-type": "application/json"}
    link.request(method, path, None if body is None else json.dumps(body).encode(), headers)
    answer = link.getresponse()
    said = answer.read()
    link.close()
    return answer.status, json.loads(said) if said else None
