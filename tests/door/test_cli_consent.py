"""`legato consent` against a running process: said, shown, and found again by a delivery."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.door.test_cli_up import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("consent"))
    yield process
    process.stop()


def test_a_consent_is_granted_shown_and_denied(running: Running) -> None:
    assert running.track("ana", "Signed Up", method="web") == 200
    reason = ("--reason", "she said so on the phone")

    granted = running.legato(
        "consent", "grant", "ana", "--purpose", "marketing", "--wording", "form-3", *reason
    )
    shown = running.legato("consent", "show", "ana")
    denied = running.legato("consent", "deny", "ana", "--purpose", "marketing")
    after = json.loads(running.legato("consent", "show", "ana", "--json").stdout)

    assert granted.stdout == "On record: yes to marketing in every channel.\n"
    assert "marketing" in shown.stdout
    assert "desk (desk)" in shown.stdout
    assert "On record: no to marketing in every channel." in denied.stdout
    said = [line for line in after["lines"] if line["channel"] == "*"]
    assert [(line["is_granted"], line["wording"]) for line in said] == [
        (True, "form-3"),
        (False, ""),
    ]
    assert all(each["answer"] == "no" for each in after["present"])


def test_an_unknown_purpose_is_refused_with_what_there_is(running: Running) -> None:
    answer = running.legato("consent", "grant", "ana", "--purpose", "sales")

    assert answer.returncode == 1
    assert "The plan has no such purpose." in answer.stderr
    assert "marketing" in answer.stderr


def test_a_message_that_a_no_stopped_says_so_in_its_state(running: Running) -> None:
    journey = running.workspace / "journeys" / "welcome.yaml"
    journey.write_text(journey.read_text().replace("  - wait: 1m\n", ""))
    assert running.legato("apply", ".").returncode == 0
    assert running.track("ben", "Signed Up", method="web") == 200
    # It is answered once what came before it is applied.
    running.legato("consent", "deny", "ben", "--purpose", "marketing")

    listed = running.legato("deliveries", "of", "ben")
    why = running.legato("why", "ben")

    assert "welcome: suppressed:consent since" in listed.stdout
    assert "suppressed:consent" in why.stdout
