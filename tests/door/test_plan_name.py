"""A plan is named by what it means: comments void no approval, and neither does a new release."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from legato.app.config import Config
from legato.govern.changes.request import ChangeRequest
from legato.model.noun import to_bytes
from legato.ports.changes import ChangeRow
from legato.stores.govern.changes import SqliteChanges
from legato.stores.govern.schema import open_govern
from tests.door.test_api_routes import WELCOME, Legato, started
from tests.door.test_changes import act, files_of, later, propose, shown, token, with_policy
from tests.door.test_roll_back import choices

FILE = "journeys/welcome.yaml"
COMMENTED = WELCOME.replace("  - send:", "  # they asked for it\n\n  - send:")
REQUESTS = msgspec.msgpack.Decoder(ChangeRequest)
OLD_NAME = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def apply(legato: Legato, text: str) -> Any:  # noqa: ANN401 - JSON
    body = {"files": files_of(legato, **{FILE: text})}
    answer = legato.call("POST", "/api/plan/apply", body)
    assert answer.status == 200, answer.body
    return answer.json()


def invite(legato: Legato) -> None:
    """Let somebody come into a journey, to wait there."""
    legato.identify("u7", email="di@example.com")
    assert legato.call("POST", "/api/journeys/invited/enter", {"who": "u7"}).status == 202
    legato.runner.run(legato.app.applied(legato.app.status().position))


def greet(legato: Legato) -> None:
    """Let somebody be sent a message."""
    legato.identify("u1", email="ana@example.com")
    legato.consent("u1")
    legato.track("u1", "Signed Up", method="web")
    legato.until("settled")


def place(legato: Legato) -> str:
    """Return the line that is told of what was sent."""
    step = legato.call("GET", "/api/people/u1/why?message=welcome").json()["journey_step"]
    return step.rpartition("(")[2].rstrip(")")


def digest(legato: Legato) -> str:
    return legato.call("GET", "/api/plan").json()["digest"]


def test_a_comment_takes_no_answer_back(legato: Legato) -> None:
    with_policy(legato)
    peer = token(legato, "peer", "approver", "growth")
    propose(legato, later(legato))
    act(legato, 1, "approve", by=peer)
    before = digest(legato)

    noted = apply(legato, COMMENTED)

    assert (noted["is_changed"], noted["digest"]) == (False, before)
    assert shown(legato, 1)["change"]["state"] == "approved"


def test_an_approved_change_is_applied_after_a_comment_and_void_after_more(legato: Legato) -> None:
    with_policy(legato, "approvals:\n  when: {reaches_over: 9999, breaking: true}\n")
    propose(legato, later(legato))
    propose(legato, files_of(legato, **{FILE: WELCOME.replace("30d", "32d")}))

    apply(legato, COMMENTED)
    states = [shown(legato, number)["change"]["state"] for number in (1, 2)]
    applied = act(legato, 1, "apply")

    assert states == ["approved", "approved"]
    assert applied.json()["is_changed"], applied.body
    assert shown(legato, 2)["change"]["state"] == "void"


def test_a_comment_moves_the_lines_that_are_told_and_nothing_else(legato: Legato) -> None:
    greet(legato)
    history = legato.call("GET", "/api/plan/history").json()
    audit = legato.call("GET", "/api/audit?action=plan.apply").json()
    stood = place(legato)

    apply(legato, COMMENTED)

    assert (stood, place(legato)) == (f"{FILE}:8", f"{FILE}:10")
    assert legato.call("GET", "/api/plan/history").json() == history
    assert legato.call("GET", "/api/audit?action=plan.apply").json() == audit


def test_the_lines_told_are_those_of_the_folder_after_a_start_too(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        greet(legato)
        before = digest(legato)
        folder = legato.workspace
    (folder / FILE).write_text(COMMENTED)

    with again(tmp_path) as legato:
        after, line = digest(legato), place(legato)

    assert after == before
    assert line == f"{FILE}:10"


@contextmanager
def again(folder: Path) -> Generator[Legato]:
    """Start the same folders once more; the workspace is as it is."""
    config = Config(
        workspace=folder / "workspace",
        data=folder / "data",
        keys=folder / "keys",
        is_one_process=True,
    )
    legato = Legato(folder, config)
    try:
        yield legato
    finally:
        legato.close()


def name_as_before(data: Path, now: str) -> None:
    """Name the plan that runs as a release before did, wherever it is stored by its name."""
    state = sqlite3.connect(data / "state.db")
    with state:
        (named,) = state.execute("SELECT plan FROM head").fetchone()
        assert named == now
        state.execute("UPDATE head SET plan = ?", (OLD_NAME,))
        state.execute("UPDATE plan SET digest = ? WHERE digest = ?", (OLD_NAME, now))
    state.close()
    govern = open_govern(data)
    store = SqliteChanges(govern)
    for row in store.list((), 0, 10):
        request = REQUESTS.decode(row)
        names = {now: OLD_NAME}
        base, after = request.draft.base, request.draft.after
        draft = replace(request.draft, base=names.get(base, base), after=names.get(after, after))
        old = replace(request, draft=draft)
        store.put(ChangeRow(old.number, old.state, to_bytes(old)))
    govern.close()


def test_a_release_that_names_plans_otherwise_leaves_people_and_approvals_where_they_are(
    tmp_path: Path,
) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        greet(legato)
        invite(legato)
        template = files_of(legato)["templates/welcome.yaml"].replace("Welcome", "Hello")
        hello = files_of(legato, **{"templates/welcome.yaml": template})
        propose(legato, hello)
        assert act(legato, 1, "apply").status == 200
        (legato.workspace / "templates/welcome.yaml").write_text(template)
        propose(legato, later(legato))
        named, people = digest(legato), enrolled(legato)
    sent = (tmp_path / "sent.jsonl").read_text()
    name_as_before(tmp_path / "data", named)

    with again(tmp_path) as legato:
        legato.track("u1", "Signed Up", method="web")
        states = [shown(legato, number)["change"]["state"] for number in (1, 2)]
        assert (digest(legato), enrolled(legato)) == (named, people)
        assert choices(legato, 1) == {"roll_back": (True, "")}, "it is known as what runs"
        applied = act(legato, 2, "apply")

    assert states == ["applied", "approved"]
    assert applied.json()["is_changed"], applied.body
    assert sent.count("\n") == 1
    assert (tmp_path / "sent.jsonl").read_text() == sent, "nothing is sent once more"


def enrolled(legato: Legato) -> list[Any]:
    found = [legato.call("GET", f"/api/people/{who}").json()["enrollments"] for who in ("u1", "u7")]
    return [(each["journey"], each["version"], each["step"]) for one in found for each in one]
