"""A change of definitions in a terminal: two people, a deadline, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from legato.govern.changes.calendar import after_working_days
from legato.insight.sentences import moment
from legato.workspace import read_workspace
from tests.door.terminal import WAIT_SECONDS, Seen, type_in
from tests.door.test_cli_up import Running

ANA, BEN, CY = "ana@example.com", "ben@example.com", "cy@example.com"
POLICY = "approvals:\n  when: {reaches_over: 0, breaking: true}\n"
TEAMS = "team: data\n---\nteam: shop\n---\nteam: growth\n"
ENTRY = "enter: {on: Signed Up, again: once}"
GUARDED = "enter: {on: Signed Up, when: {method: web}, again: once}"
TYPE, WIDER = "method: {type: string}", "method: {type: [string, number]}"


class Office(Running):
    """A started Legato, and people at terminals."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._desks = {"": self.connection.token}
        self.edit("teams.yaml", TEAMS)
        self.edit("approvals.yaml", POLICY)
        self.replace("journeys/welcome.yaml", ENTRY, GUARDED)
        self.replace("catalog/events.yaml", TYPE, WIDER)
        assert self.legato("apply", ".").returncode == 0
        assert self.track("u1", "Signed Up", method="web") == 200

    def edit(self, name: str, text: str) -> None:
        (self.workspace / name).write_text(text)

    def replace(self, name: str, before: str, after: str) -> None:
        text = (self.workspace / name).read_text()
        assert before in text
        self.edit(name, text.replace(before, after))

    def hire(self, email: str, team: str) -> None:
        """Make a user who may answer for a team, and a token that acts for them."""
        self.ask("POST", "/api/users", {"email": email, "role": "approver", "team": team})
        wish = {"name": f"desk of {email}", "role": "approver", "user": email}
        self._desks[email] = self.ask("POST", "/api/tokens", wish)["token"]

    def ask(self, method: str, path: str, body: object = None, *, by: str = "") -> Any:  # noqa: ANN401 - JSON
        link = HTTPConnection(urlsplit(self.connection.url).netloc, timeout=WAIT_SECONDS)
        headers = {"authorization": f"Bearer {self._desks[by]}", "content-type": "application/json"}
        link.request(method, path, json.dumps(body), headers)
        answer = link.getresponse()
        content = json.loads(answer.read() or b"null")
        link.close()
        assert answer.status in (200, 201), content
        return content

    def until_alert(self) -> None:
        """Wait until an alert is noted."""
        after = 0
        while True:
            page = self.ask("GET", f"/api/tail?after={after}&wait={WAIT_SECONDS}")
            notes = [note for step in page["steps"] for note in step["notes"]]
            assert notes, "nothing happens"
            if any(note["type"] == "alert" for note in notes):
                return
            after = page["after"]

    def files(self) -> dict[str, str]:
        return dict(read_workspace(self.workspace))

    def at(self, who: str, *args: str) -> Seen:
        """Have somebody type a command."""
        desk = {"LEGATO_URL": self.connection.url, "LEGATO_TOKEN": self._desks[who]}
        return type_in(*args, folder=self.workspace, environment=desk)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    office.hire(ANA, "growth")
    yield office
    office.stop()


def test_a_change_is_proposed_reviewed_approved_by_another_and_applied(office: Office) -> None:
    office.replace("journeys/welcome.yaml", "wait: 1m", "wait: 2h")

    unasked = office.at("", "apply", ".")
    proposed = office.at(ANA, "change", "propose", ".", "--title", "Wait two hours")
    own = office.at(ANA, "change", "approve", "1")
    early = office.at("", "change", "apply", "1")
    office.hire(BEN, "growth")
    review = office.at(BEN, "change", "review", "1")
    approved = office.at(BEN, "change", "approve", "1", "--why", "read it")
    applied = office.at("", "change", "apply", "1")

    assert (unasked.code, "B402" in unasked.text) == (1, True)
    assert proposed.code == 0
    for part in (
        "open      Wait two hours",
        "destination console rests on journey welcome",
        "concerns 1 person at most",
        "needs approval because it may reach 1 person, more than 0",
        "nobody else in growth is approver or admin: legato users team EMAIL growth",
    ):
        assert part in proposed.text
    made = office.ask("GET", "/api/changes/1")["change"]
    due = after_working_days(made["created_at"], 3, "UTC")
    assert f"waits for growth, until {moment(due)}" in proposed.text
    assert (own.code, "Nobody answers for a change of their own" in own.text) == (1, True)
    assert (early.code, "still needs the approval of: growth" in early.text) == (1, True)
    assert "waits 2 hours instead of 1 minute" in review.text
    assert "legato change approve 1, or reject" in review.text
    assert "Approved by everybody asked" in approved.text
    assert (applied.code, "Applied change 1" in applied.text) == (0, True)


def test_a_breaking_change_is_refused_though_it_is_approved(office: Office) -> None:
    files = office.files()
    before = office.ask("GET", "/api/plan")["digest"]
    folder = office.workspace.parent / "narrower"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(WIDER, TYPE))

    proposed = office.at(ANA, "change", "propose", str(folder), "--title", "Narrow it")
    office.ask("POST", "/api/changes/2/approve", {"why": "looks fine"}, by=BEN)
    refused = office.at("", "change", "apply", "2")

    assert "it is breaking" in proposed.text
    assert refused.code == 1
    assert "B401" in refused.text
    assert "`welcome` of growth" in refused.text
    assert office.ask("GET", "/api/plan")["digest"] == before


def test_when_the_deadline_has_passed_it_is_told_and_any_approver_answers(office: Office) -> None:
    hasty = {**office.files(), "approvals.yaml": f"{POLICY}  within: 1ms\n"}
    office.ask("POST", "/api/changes", {"files": hasty, "title": "Hurry"}, by=ANA)
    office.ask("POST", "/api/changes/3/approve", {"why": "why not"}, by=BEN)
    office.ask("POST", "/api/changes/3/apply")
    journey = hasty["journeys/welcome.yaml"].replace("wait: 2h", "wait: 3h")
    later = {**hasty, "journeys/welcome.yaml": journey}
    office.hire(CY, "shop")

    office.ask("POST", "/api/changes", {"files": later, "title": "Wait three"}, by=ANA)
    office.until_alert()
    status = office.at("", "status")
    shown = office.at(CY, "change", "show", "4")
    answered = office.at(CY, "change", "approve", "4")

    assert "change 4 is not answered in time by growth" in " ".join(status.text.split())
    assert "late since" in shown.text
    assert "any approver may answer" in " ".join(shown.text.split())
    assert "Approved by everybody asked" in answered.text


def test_harm_is_applied_only_by_somebody_who_answers_for_it(office: Office) -> None:
    files = office.files()
    files["journeys/welcome.yaml"] += "  - wait_for: [{on: Signed Up}]\n"
    made = office.ask("POST", "/api/changes", {"files": files, "title": "For ever"}, by=ANA)
    number = str(made["change"]["number"])
    office.ask("POST", f"/api/changes/{number}/approve", {"why": "looks fine"}, by=BEN)

    refused = office.at("", "change", "apply", number)
    unsaid = office.at("", "change", "apply", number, "--waive", "V504")
    applied = office.at(
        "", "change", "apply", number, "--waive", "V504", "--because", "they may come back"
    )

    assert (refused.code, "V504" in refused.text) == (1, True)
    assert f"legato change apply {number} --waive CODE" in refused.text
    assert (unsaid.code, "An objection is waived for a reason" in unsaid.text) == (1, True)
    assert (applied.code, f"Applied change {number}" in applied.text) == (0, True)
    (entry,) = office.ask("GET", "/api/audit?action=plan.waive")
    assert entry["detail"]["because"] == "they may come back"
