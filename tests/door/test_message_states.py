"""What a message has become is said in one word, and a no makes it `suppressed:consent`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.app.config import Config
from legato.model.instant import parse_instant
from tests.door.embedded import OwnClock
from tests.door.test_api_routes import Legato, make_workspace

CHANNELS = """
destination: down
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:9/nobody-listens"}
---
channel: push
destination: down
address: identifier user_id
---
channel: letter
destination: console
address: identifier user_id
---
quiet_hours: night
from: "21:00"
to: "08:00"
channels: [letter]
unknown_zones: [UTC]
---
template: offer
title: Offer
purpose: marketing
push: {body: "Come back"}
letter: {body: "Come back"}
"""
JOURNEY = """
journey: by_WAY
title: By WAY
owner: growth
purpose: marketing
enter: {on: Signed Up, again: any time}
steps:
  - send: {message: offer, on: WAY, expires: 1d}
"""


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    workspace = make_workspace(tmp_path)
    parts = [CHANNELS, *(JOURNEY.replace("WAY", way) for way in ("push", "letter"))]
    (workspace / "waiting.yaml").write_text("---".join(parts))
    night = parse_instant("2026-03-02T22:00:00Z")
    assert night is not None
    config = Config(
        workspace=workspace, data=tmp_path / "data", keys=tmp_path / "keys", is_one_process=True
    )
    running = Legato(tmp_path, config, OwnClock(night))
    assert running.app.problems() == ()
    running.identify("ana", email="ana@example.com")
    running.consent("ana")
    yield running
    running.close()


def states(legato: Legato) -> dict[str, str]:
    rows: list[dict[str, Any]] = legato.call("GET", "/api/people/ana/deliveries").json()
    return {row["journey"]: row["state"] for row in rows}


def test_what_waits_anywhere_becomes_suppressed_by_consent(legato: Legato) -> None:
    legato.track("ana", "Signed Up", method="web")
    legato.until("settled")  # the letter of welcome, which nothing keeps
    assert states(legato) == {"welcome": "sent", "by_push": "queued", "by_letter": "held"}

    legato.track("ana", "Consent Changed", purpose="marketing", granted=False)

    stopped = "suppressed:consent"
    assert states(legato) == {"welcome": "sent", "by_push": stopped, "by_letter": stopped}
    rows = legato.call("GET", "/api/people/ana/deliveries").json()
    assert {row["reason"]["code"] for row in rows if row["reason"]} == {"consent.withdrawn"}


def test_what_is_decided_after_the_no_is_suppressed_by_consent_too(legato: Legato) -> None:
    legato.track("ana", "Consent Changed", purpose="marketing", granted=False)

    legato.track("ana", "Signed Up", method="web")

    why = legato.call("GET", "/api/people/ana/why?journey=by_push").json()
    assert why["state"] == "suppressed:consent"
    assert set(states(legato).values()) == {"suppressed:consent"}
    assert {line["state"] for line in why["decisions"]} == {"suppressed:consent"}
