"""`legato identity` against a running process: seen first, then done, then undone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.door.test_cli_up import Running

WHY = ("--reason", "asked both of them on the phone")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("identity"))
    yield process
    process.stop()


def test_two_are_joined_after_a_look_and_one_identifier_is_taken_again(running: Running) -> None:
    assert running.track("ana", "Signed Up", method="web") == 200
    call = {"anonymousId": "tablet", "event": "Signed Up", "properties": {"method": "web"}}
    assert running.call("track", call)[0] == 200
    two = ("anonymous_id:tablet", "user_id:ana")

    seen = running.legato("identity", "join", *two, "--try")
    unasked = running.legato("identity", "join", *two)
    joined = running.legato("identity", "join", *two, *WHY)
    trial = running.legato("identity", "part", "user_id:ana", "anonymous_id:tablet", "--try")
    parted = running.legato("identity", "part", "user_id:ana", "anonymous_id:tablet", *WHY)

    assert "As one: person_" in seen.stdout
    assert "known by: user_id, anonymous_id" in seen.stdout or (
        "known by: anonymous_id, user_id" in seen.stdout
    )
    assert (unasked.returncode, "No reason is given." in unasked.stderr) == (1, True)
    assert joined.stdout.startswith("One person now: person_")
    assert "Events that go: 1 Signed Up. That stay: 1." in trial.stdout
    assert re.fullmatch(r"By itself now: person_\w+\. Without it: person_\w+\.\n", parted.stdout)


def test_what_cannot_be_says_why(running: Running) -> None:
    assert running.track("ben", "Signed Up", method="web") == 200

    alone = running.legato("identity", "part", "user_id:ben", "user_id:ben", "--try")
    unknown = running.legato("identity", "part", "user_id:ben", "user_id:carl", *WHY)
    same = running.legato("identity", "join", "user_id:ben", "user_id:ben", "--try")

    assert "it is all that they are known by" in alone.stderr
    assert "This person is not known by such an identifier" in unknown.stderr
    assert "one of the two is not there, or they are one already" in same.stderr
    assert {alone.returncode, unknown.returncode, same.returncode} == {1}
