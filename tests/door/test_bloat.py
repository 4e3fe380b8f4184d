"""The bloat report over the API and on the command line, and retiring what it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door.test_api_routes import Legato, started


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def test_everything_is_weighed_when_somebody_asks(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", shoe_size=41)
    before = legato.call("GET", "/api/bloat").json()

    begun = legato.call("POST", "/api/bloat")
    after = legato.call("GET", "/api/bloat?since=30d&wait=30").json()

    assert (before["run"]["phase"], before["report"]) == ("none", None)
    assert (begun.status, begun.json()["phase"]) == (202, "records")
    report = after["report"]
    assert after["run"]["phase"] == "done"
    assert report["is_young"]
    assert (report["people"], report["one_in_records"]) == (1, 1)
    assert report["log_bytes"] > report["state_bytes"] > 0
    assert "41" not in str(report["rows"])


def test_a_period_that_is_none_is_refused(legato: Legato) -> None:
    for since in ("soon", "0s", "9999d"):
        answer = legato.call("GET", f"/api/bloat?since={since}")
        assert (answer.status, answer.json()["code"]) == (400, "request.since")
