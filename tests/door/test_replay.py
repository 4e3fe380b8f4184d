"""History goes to a destination that asks for it since lately: as the law is now, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started

ARCHIVE = """
destination: archive
connector: file
settings: {{path: {path}}}
events: {{purpose: service, types: [track]{more}}}
"""


LETTERS = """
manifest: 1
id: letters
name: Letters
category: email
docs: https://letters.example
routes:
  - on: event
    request: {url: "https://letters.example", body: =event}
---
destination: archive
connector: letters
events: {purpose: service}
"""


def apply(legato: Legato, folder: Path, *, more: str = "", text: str = "") -> None:
    """Let a destination ask for events from now on."""
    files = read_workspace(folder / "workspace")
    path = (folder / "archive.jsonl").as_posix()
    files["destinations/archive.yaml"] = text or ARCHIVE.format(path=path, more=more)
    answer = legato.call("POST", "/api/plan/apply", {"files": files})
    assert answer.status == 200, answer.body


def replay(legato: Legato, **asked: object) -> dict[str, Any]:
    answer = legato.call("POST", "/api/replay", {"destination": "archive", **asked})
    assert answer.status == 202, answer.body
    run = answer.json()
    while run["phase"] in ("reading", "sending"):
        run = legato.call("GET", "/api/replay?wait=10").json()
    return run


def erase(legato: Legato, who: str) -> None:
    asked = legato.call("POST", f"/api/people/user_id:{who}/erase", {"reason": "asked"}).json()
    while asked["stage"] != "completed":
        asked = legato.call("GET", f"/api/erasures/{asked['erasure_id']}").json()


def archived(legato: Legato, folder: Path, count: int) -> list[dict[str, Any]]:
    """Return what the destination got, once everything is delivered."""
    while len(legato.call("GET", "/api/deliveries?standing=waiting").json()):
        legato.until("settled")
    lines = (folder / "archive.jsonl").read_bytes().splitlines()
    assert len(lines) == count
    return [msgspec.json.decode(line)["event"] for line in lines]


def test_history_goes_to_a_new_destination_once(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        for number in range(5):
            legato.track("ana", "Signed Up", method=str(number))
        legato.identify("ana", email="ana@example.com")
        apply(legato, tmp_path)
        legato.track("ana", "Signed Up", method="5")

        first, again = replay(legato), replay(legato)

        assert (first["phase"], first["sent"], first["withheld"]) == ("done", 5, {})
        assert (again["phase"], again["sent"], again["total"]) == ("done", 0, 0)
        events = archived(legato, tmp_path, 6)
        assert sorted(event["properties"]["method"] for event in events) == [*"012345"]


def test_only_what_is_asked_for_is_replayed(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        legato.track("ana", "Signed Up")
        legato.track("ana", "Order Completed", order_id="o1", value=3)
        apply(legato, tmp_path)

        later = replay(legato, since="2090-01-01")
        some = replay(legato, since="1h", only=["Order Completed"])

        assert (later["sent"], some["sent"]) == (0, 1)
        [event] = archived(legato, tmp_path, 1)
        assert event["event"] == "Order Completed"


def test_who_was_erased_or_has_not_agreed_is_not_replayed(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        for who in ("ana", "bea", "cai"):
            legato.track(who, "Signed Up")
        legato.consent("bea")
        erase(legato, "ana")
        path = (tmp_path / "archive.jsonl").as_posix()
        asking = ARCHIVE.format(path=path, more=", only: [Signed Up]")
        apply(legato, tmp_path, text=asking.replace("purpose: service", "purpose: marketing"))

        run = replay(legato)

        assert (run["sent"], run["withheld"]) == (1, {"consent.missing": 1})
        [event] = archived(legato, tmp_path, 1)
        assert event["userId"] == "bea"


def test_a_replay_is_refused_where_it_makes_no_sense_or_contacts_people(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        apply(legato, tmp_path, text=LETTERS)

        asked = [
            {"destination": "nowhere"},
            {"destination": "console"},
            {"destination": "archive"},
            {"destination": "archive", "since": "soon", "contacts_people": True},
            {"destination": "archive", "only": ["Sined Up"], "contacts_people": True},
        ]
        answers = [legato.call("POST", "/api/replay", each) for each in asked]

        codes = [(answer.status, answer.json()["code"]) for answer in answers]
        assert codes == [
            (404, "destination.unknown"),
            (409, "replay.no_events"),
            (409, "replay.contacts_people"),
            (400, "replay.since"),
            (404, "event.unknown"),
        ]
        assert legato.call("POST", "/api/replay/stop", None).json()["phase"] == "none"


def test_why_says_what_became_of_events_on_their_way(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        apply(legato, tmp_path)
        legato.track("ana", "Signed Up")
        archived(legato, tmp_path, 1)

        where = "/api/people/user_id:ana/why/events?destination="
        sent = legato.call("GET", f"{where}archive&event=Signed+Up").json()
        others = [
            legato.call("GET", f"{where}{rest}").json()["sentence"]
            for rest in ("archive&event=Order+Completed", "console", "nowhere")
        ]

        assert (sent["kind"], sent["state"], sent["message"]) == ("sent", "sent", "Signed Up")
        assert sent["sentence"].startswith("Yes: 'Signed Up' of ")
        assert sent["way"][0]["what"].split(",")[0] == "did 'Signed Up'"
        assert others == [
            "No: no event of this person was for archive yet.",
            "No: console gets no events.",
            "No: there is no destination 'nowhere'.",
        ]
