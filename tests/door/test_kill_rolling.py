"""SIGKILL while old notes become a file: at the next start nothing is lost and nothing twice."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from legato.app.history.roll import RollRun
from legato.cli.client import Client
from legato.query import Inquiry, answered
from legato.stores.sqlite.snapshot import snapshot_of
from tests.door.test_cli_up import Running

PEOPLE = 40
COUNT = """
    SELECT count(*), count(DISTINCT (position, person_id, detail)),
      (SELECT count(*) FROM events), (SELECT count(DISTINCT position) FROM events)
    FROM notes
"""


def live(running: Running) -> None:
    """Let everybody do two things, in one batch."""
    calls = [
        {
            "type": "track",
            "userId": f"user-{who}",
            "event": "Order Completed",
            "messageId": f"{who}-{part}",
            "properties": {"order_id": f"o-{who}-{part}", "value": 9},
        }
        for who in range(PEOPLE)
        for part in range(2)
    ]
    assert running.call("batch", {"batch": calls})[0] == 200


def counted(running: Running) -> list[int]:
    """Return how many notes there are, how many different ones; and of events the same."""
    found = answered(running.data, Inquiry(query=COUNT, sight="whole", rows_max=1))
    assert found.answer is not None, found
    return list(found.answer.rows[0])


def until_applied(running: Running) -> None:
    client = Client(running.connection)
    while client.get("/api/status", dict[str, Any])["status"]["backlog"]:
        pass


def until_a_file_is_begun(running: Running) -> None:
    """Return once something stands in the folder of rolled notes."""
    folder, client = running.data / "history", Client(running.connection)
    client.post("/api/history/roll", RollRun, {"older": "1ms"})
    while not folder.exists() or not any(folder.iterdir()):
        assert client.get("/api/history", RollRun).phase == "rolling", "it ended without a file"


def test_a_kill_amid_a_roll_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    running = Running(tmp_path)
    live(running)
    until_applied(running)
    before = counted(running)

    until_a_file_is_begun(running)
    running.stop(signal.SIGKILL)
    running.start()

    again = counted(running)
    client = Client(running.connection)
    run = client.post("/api/history/roll", RollRun, {"older": "1ms"})
    while run.phase == "rolling":
        run = client.get("/api/history", RollRun, wait=5)
    after = counted(running)
    running.stop()

    assert (run.phase, run.notes.file_count, run.records.file_count) == ("done", 1, 1)
    assert after == again == before
    assert before[0] == before[1] > 2 * PEOPLE
    assert before[2] == before[3] == 2 * PEOPLE
    with snapshot_of(running.data) as snapshot:
        named = {segment.name for segment in snapshot.manifest.segments}
    assert {path.name for path in (running.data / "history").iterdir()} == named
