"""A destination in trouble is told, names what rests on it, and is well again: over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.answering import Answering
from tests.door.test_api_routes import Legato, started
from tests.door.test_guard_doors import alert
from tests.door.test_take_over import CONNECTOR, DESTINATION


class Desk:
    """A started app that mails through an account that can be made to fail."""

    def __init__(self, legato: Legato) -> None:
        self.legato = legato
        self.account = Answering(status=503)
        legato.runner.run(self.account.open())

    def apply(self, more: str) -> Any:  # noqa: ANN401 - an answer's JSON
        files = read_workspace(self.legato.workspace)
        files["connectors/letters.yaml"] = CONNECTOR
        files["destinations/console.yaml"] = DESTINATION.format(
            name="console", port=self.account.port, more=more
        )
        return self.legato.call("POST", "/api/plan/apply", {"files": files}).json()

    def send(self, person: str) -> None:
        self.legato.identify(person, email=f"{person}@example.com")
        self.legato.consent(person)
        self.legato.track(person, "Signed Up", method="link")

    def line(self) -> Any:  # noqa: ANN401 - an answer's JSON
        lines = self.legato.call("GET", "/api/destinations").json()
        return next(one for one in lines if one["name"] == "console")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with started(tmp_path, is_one_process=True) as legato:
        opened = Desk(legato)
        yield opened
        legato.runner.run(opened.account.close())


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ("{down_after: 300ms, waiting_after: never}", "destination.down"),
        ("{down_after: never, waiting_after: 300ms}", "destination.down"),
    ],
)
def test_a_destination_in_trouble_is_told_once_each_way(desk: Desk, limits: str, code: str) -> None:
    legato = desk.legato
    assert desk.apply(f"alert: {limits}")["problems"] == []
    desk.send("ana")

    down = alert(legato, 0, code)
    status = legato.call("GET", "/api/status").json()
    journeys = {each["name"]: each for each in legato.call("GET", "/api/journeys").json()}
    line, metrics = desk.line(), legato.call("GET", "/metrics").body
    desk.account.status = 200
    well = alert(legato, 0, "destination.well")

    assert "destination console does not answer" in down["reason"]["what"]
    assert "degraded: welcome" in down["reason"]["what"]
    (told,) = status["alerts"]
    assert (told["topic"], told["reason"]["definition"]) == (
        "destination:console",
        "destinations/console",
    )
    assert line["alert"]["since"] == told["since"]
    assert [one["journey"] for one in line["alert"]["journeys"]] == ["welcome"]
    assert journeys["welcome"]["degraded"][0]["topic"] == "destination:console"
    assert b'legato_destination_alert{destination="console"} 1' in metrics
    assert "answers again" in well["reason"]["what"]
    assert legato.call("GET", "/api/status").json()["alerts"] == []
    assert desk.line()["alert"] is None


def test_what_its_alert_cannot_be_is_said_with_what_to_write(desk: Desk) -> None:
    (wrong,) = desk.apply("alert: {down_after: soon}")["problems"]

    assert wrong["code"] == "D106"
    assert "`down_after` must be a length of time" in wrong["what"]
    assert "never" in wrong["fix"]


def test_how_long_its_alerts_wait_stands_on_its_page(desk: Desk) -> None:
    desk.apply("alert: {waiting_after: 1h}")

    shown = desk.legato.call("GET", "/api/destinations/console").json()

    assert shown["alert_after"] == {"down": 300_000_000, "waiting": 3_600_000_000}
