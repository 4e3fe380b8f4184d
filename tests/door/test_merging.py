"""Drafts beside each other: what differs from what runs, and two drafts brought together."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from legato.app.config import Config
from tests.door.test_api_routes import Legato
from tests.door.test_drawing import CART, SHOP, cart

WAIT = "wait: 30m"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Legato]:
    folder = tmp_path_factory.mktemp("merging")
    config = Config(workspace=SHOP, data=folder / "data", is_one_process=True)
    legato = Legato(folder, config)
    yield legato
    legato.close()


def compared(shop: Legato, text: str) -> Any:  # noqa: ANN401 - JSON
    asked = {"journey": "cart_rescue", "files": {CART: text}}
    return shop.call("POST", "/api/drawing/compare", asked).json()


def merged(shop: Legato, mine: str, theirs: str, **more: object) -> Any:  # noqa: ANN401 - JSON
    asked = {"journey": "cart_rescue", "mine": {CART: mine}, "theirs": {CART: theirs}, **more}
    return shop.call("POST", "/api/drawing/merge", asked).json()


def test_a_changed_step_is_told_as_it_was_and_as_it_is(shop: Legato) -> None:
    (one,) = compared(shop, cart().replace(WAIT, "wait: 45m"))["differences"]

    assert (one["what"], one["path"], one["was"]) == ("changed", "steps/0", "steps/0")
    assert (one["before"], one["after"]) == ("waits 30 minutes", "waits 45 minutes")
    assert one["fields"] == ["wait"]


def test_new_and_missing_steps_are_told_and_the_others_are_not(shop: Legato) -> None:
    without = cart().replace("      - leave: quietly            #", "      - wait: 1d #")
    added = without.replace("  - label: patience", "  - wait: 5m\n  - label: patience")

    answer = compared(shop, added)

    assert [(each["what"], each["path"] or each["was"]) for each in answer["differences"]] == [
        ("added", "steps/0"),
        ("removed", "steps/1/else/0"),
        ("added", "steps/2/else/0"),
    ]


def test_a_step_that_stands_elsewhere_has_moved(shop: Legato) -> None:
    command = {"edit": "move_step", "path": "steps/3", "into": "steps", "index": 0}
    edit = {"journey": "cart_rescue", "edits": [command]}
    text = shop.call("POST", "/api/drawing/edit", edit).json()["text"]

    (one,) = compared(shop, text)["differences"]

    assert (one["what"], one["was"], one["path"]) == ("moved", "steps/3", "steps/0")


def test_how_people_come_in_is_told_as_the_heads_change(shop: Legato) -> None:
    (one,) = compared(shop, cart().replace("over: 40", "over: 25"))["differences"]

    assert one["is_head"]
    assert "over 40" in one["before"]
    assert "over 25" in one["after"]


def test_a_journey_that_does_not_run_is_new(shop: Legato) -> None:
    files = {"journeys/new.yaml": "journey: new\nowner: growth\nenter: {api: true}\nsteps: []\n"}

    asked = {"journey": "new", "files": files}
    answer = shop.call("POST", "/api/drawing/compare", asked).json()

    assert answer == {"is_new": True, "differences": []}


def test_what_two_changed_in_different_steps_is_both_there(shop: Legato) -> None:
    answer = merged(
        shop, cart().replace(WAIT, "wait: 45m"), cart().replace("expires: 12h", "expires: 6h")
    )

    assert answer["places"] == []
    assert answer["taken"] == 1
    assert "wait: 45m" in answer["text"]
    assert "expires: 6h" in answer["text"]
    assert answer["drawing"]["problems"] == []


def test_where_both_changed_one_step_each_side_is_told_and_one_is_chosen(shop: Legato) -> None:
    mine, theirs = cart().replace(WAIT, "wait: 45m"), cart().replace(WAIT, "wait: 2h")

    unchosen, chosen = (
        merged(shop, mine, theirs, choices=choices) for choices in ({}, {"0": "theirs"})
    )

    (place,) = unchosen["places"]
    assert place["base"]["sentences"] == ["waits 30 minutes"]
    assert place["mine"]["sentences"] == ["waits 45 minutes"]
    assert place["theirs"]["sentences"] == ["waits 2 hours"]
    assert unchosen["files"] == {CART: mine}
    assert chosen["files"] == {CART: theirs}


def test_what_is_as_it_runs_is_no_longer_of_the_draft(shop: Legato) -> None:
    answer = merged(
        shop,
        cart().replace(WAIT, "wait: 45m"),
        cart().replace(WAIT, "wait: 2h"),
        choices={"0": "base"},
    )

    assert answer["files"] == {}
    assert answer["text"] == cart()
