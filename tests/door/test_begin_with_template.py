"""A journey begun with a template: what it needs comes along, and what collides is told."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.app.config import Config
from legato.plan.beginning.cut import listed
from legato.workspace import shipped_templates
from tests.door.test_api_routes import Legato, started

SHOP = Path(__file__).parents[2] / "examples" / "shop"
NAMES = [each.name for each in listed(shipped_templates())]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Legato]:
    folder = tmp_path_factory.mktemp("templates")
    config = Config(workspace=SHOP, data=folder / "data", is_one_process=True)
    legato = Legato(folder, config)
    yield legato
    legato.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Legato]:
    """A workspace with one channel, and one journey."""
    with started(tmp_path, is_one_process=True) as legato:
        yield legato


def begin(legato: Legato, template: str, **more: str) -> Any:  # noqa: ANN401 - JSON
    answer = legato.call("POST", "/api/drawing/begin", {"template": template, **more})
    assert answer.status == 200, answer.body
    return answer.json()


def came(body: Any, how: str) -> dict[str, str]:  # noqa: ANN401 - JSON
    return {
        f"{each['kind']} {each['name']}": each["said"]
        for each in body["came"]
        if each["how"] == how
    }


def test_all_templates_are_offered_with_what_this_workspace_lacks(shop: Legato) -> None:
    token = shop.token("viewer")

    cards = shop.call("GET", "/api/drawing/templates", token=token).json()

    assert [each["name"] for each in cards] == NAMES
    assert len(cards) == 20
    assert all(each["sentence"].endswith(".") for each in cards)
    needs = {
        card["name"]: {(n["kind"], n["name"]): n["is_here"] for n in card["needs"]}
        for card in cards
    }
    assert needs["cart"]["channel", "push"]
    assert needs["cart"]["event", "Checkout Started"]
    assert needs["delivery_delay"]["event", "Order Delayed"] is False


@pytest.mark.parametrize("name", NAMES)
def test_every_template_comes_into_the_shop_as_a_draft_that_can_be_kept(
    shop: Legato, name: str
) -> None:
    body = begin(shop, name, owner="growth")

    running = set(shop.app.texts())
    assert running.isdisjoint(body["files"])
    drawing = body["drawing"]
    assert drawing["head"]["owner"] == "growth"
    # What the shop keeps for another purpose is said at the journey, and by nothing else.
    assert {each["code"] for each in drawing["problems"]} <= {"U301"}
    assert drawing["elsewhere"] == []
    draft = {"files": body["files"], "base": body["base"], "journey": drawing["journey"]}
    saved = shop.call("PUT", f"/api/drafts/{name}", draft)
    assert saved.status == 200, saved.body
    assert shop.call("DELETE", f"/api/drafts/{name}").status == 200


def test_what_has_its_name_already_comes_under_another_in_words(shop: Legato) -> None:
    body = begin(shop, "win_back")

    assert body["drawing"]["journey"] == "win_back_2"
    renamed = came(body, "renamed")
    assert renamed["journey win_back"] == (
        "There is a journey `win_back` already: this one comes as `win_back_2`."
    )
    assert "comes as `lapsed_2`" in renamed["segment lapsed"]
    assert "comes as `miss_you_2`" in renamed["template miss_you"]
    assert "segment: lapsed_2" in body["text"]
    assert "message: miss_you_2" in body["text"]
    assert "ends: {win_back_2: completed}" in body["files"]["scenarios/win_back_2.yaml"]
    yours = came(body, "yours")
    assert yours["event Order Completed"] == (
        "Your workspace has the event `Order Completed`: yours is used."
    )


def test_a_draft_of_the_name_takes_it_as_a_journey_does(shop: Legato) -> None:
    first = begin(shop, "nps")
    kept = {"files": first["files"], "base": first["base"], "journey": "nps"}
    assert shop.call("PUT", "/api/drafts/nps", kept).status == 200

    second = begin(shop, "nps")

    assert (first["drawing"]["journey"], second["drawing"]["journey"]) == ("nps", "nps_2")


def test_its_title_and_owner_are_those_that_were_asked_for(shop: Legato) -> None:
    body = begin(shop, "birthday", title='Cake: "for" you', owner="crm")

    head = body["drawing"]["head"]
    assert (head["title"], head["owner"]) == ('Cake: "for" you', "crm")
    assert "owner: crm" in body["files"]["catalog/birthday.yaml"]
    assert body["text"].startswith("# ")


def test_a_channel_that_is_not_there_is_left_out_where_another_remains(small: Legato) -> None:
    body = begin(small, "cart", owner="growth")

    assert came(body, "left_out")["channel push"] == (
        "Your workspace has no channel `push`: it is left out."
    )
    assert "on: email" in body["text"]
    assert "push" not in "".join(body["files"].values())


def test_an_unknown_template_is_refused_with_the_nearest(shop: Legato) -> None:
    answer = shop.call("POST", "/api/drawing/begin", {"template": "carts"})

    assert answer.status == 404
    assert answer.json()["fix"] == "Did you mean `cart`?"


def test_a_title_without_end_is_refused(shop: Legato) -> None:
    asked = {"template": "cart", "title": "a" * 201}

    assert shop.call("POST", "/api/drawing/begin", asked).json()["code"] == "drawing.words"
