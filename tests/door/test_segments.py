"""Segments over a running app: their people, and edits of their text."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from legato.app.config import Config
from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato
from tests.door.test_drawing import SHOP, lives_in

CUSTOMERS = "segments/customers.yaml"
TWO = """\
segment: portugal
title: Lives in Portugal
owner: growth
when:
  trait: {country: PT}   # as they told us
---
segment: iberia
title: Lives in Spain or Portugal
owner: growth
when: {trait: {country: [PT, ES]}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Legato]:
    folder = tmp_path_factory.mktemp("segments")
    workspace = folder / "shop"
    for name, text in {**read_workspace(SHOP), "segments/iberia.yaml": TWO}.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text)
    config = Config(workspace=workspace, data=folder / "data", is_one_process=True)
    legato = Legato(folder, config)
    for number in range(12):
        lives_in(legato, number, "PT" if number % 2 else "ES")
    lives_in(legato, 12, "FR")
    yield legato
    legato.close()


def asked(shop: Legato, path: str, token: str = "") -> Any:  # noqa: ANN401 - JSON
    answer = shop.call("GET", path, token=token or shop.token("viewer"))
    assert answer.status == 200, answer.body
    return answer.json()


def edited(shop: Legato, segment: str, *edits: object, **more: object) -> Any:  # noqa: ANN401 - JSON
    body = {"segment": segment, "edits": edits, **more}
    answer = shop.call("POST", "/api/drawing/segment/edit", body)
    assert answer.status == 200, answer.body
    return answer.json()


def test_segments_are_listed_with_their_people_and_who_uses_them(shop: Legato) -> None:
    page = asked(shop, "/api/segments?sort=people&limit=3")
    named = asked(shop, "/api/segments?word=complaint")

    assert [(row["name"], row["people"], row["came"]) for row in page["rows"]] == [
        ("abroad", 13, 13),
        ("iberia", 12, 12),
        ("portugal", 6, 6),
    ]
    assert page["rows"][2]["sentence"] == "their country is PT"
    assert page["found"] == page["total"] > 2
    assert page["of"] == 13
    (complaint,) = (row for row in named["rows"] if row["name"] == "open_complaint")
    assert "journey cart_rescue" in complaint["used_by"]


def test_a_segment_is_shown_with_its_overlap_and_its_people_page_by_page(shop: Legato) -> None:
    one = asked(shop, "/api/segments/portugal")
    overlap = asked(shop, "/api/segments/portugal/overlap")
    first = asked(shop, "/api/segments/portugal/people?limit=4")
    rest = asked(shop, f"/api/segments/portugal/people?limit=4&after={first['after']}")

    assert (one["segment"]["people"], one["of"]) == (6, 13)
    assert ("iberia", 12, 6) in [(o["name"], o["people"], o["both"]) for o in overlap["others"]]
    assert (len(first["people"]), len(rest["people"]), rest["after"]) == (4, 2, "")
    assert set(first["people"][0]) == {"person_id", "since"}
    assert shop.call("GET", "/api/segments/spain").status == 404


def test_a_segment_is_edited_in_its_own_lines_of_the_text(shop: Legato) -> None:
    rule = {"trait": {"country": ["PT", "BR"]}}
    edits = (
        {"edit": "set_field", "path": "when", "value": rule},
        {"edit": "set_field", "path": "title", "value": "Speaks Portuguese"},
    )

    done = edited(shop, "portugal", *edits)

    assert done["files"]["segments/iberia.yaml"] == TWO.replace(
        "Lives in Portugal", "Speaks Portuguese"
    ).replace("country: PT}", "country: [PT, BR]}")
    assert done["drawing"]["sentence"] == "their country is one of PT or BR"
    assert done["drawing"]["fields"]["when"] == rule
    assert done["base"] == shop.app.status().plan


def test_a_mistake_stands_where_it_is_with_what_would_repair_it(shop: Legato) -> None:
    value = {"trait": {"contry": "PT"}}

    done = edited(shop, "portugal", {"edit": "set_field", "path": "when", "value": value})

    (problem,) = done["drawing"]["problems"]
    assert problem["path"] == "when/trait/contry"
    assert problem["repairs"][0]["edits"] == [
        {"edit": "rename_field", "path": "when/trait/contry", "key": "country"}
    ]
    assert done["drawing"]["elsewhere"] == []


def test_a_new_segment_has_a_file_of_its_own_and_is_proposed_as_a_draft(shop: Legato) -> None:
    new = {"edit": "new_segment", "name": "france", "owner": "growth"}
    when = {"edit": "set_field", "path": "when", "value": {"trait": {"country": "FR"}}}

    done = edited(shop, "", new, when)
    draft = {"files": done["files"], "base": done["base"], "title": "France"}
    kept = shop.call("PUT", "/api/drafts/segment-france", draft)
    change = shop.call("POST", "/api/drafts/segment-france/propose", {"title": "France"})

    assert done["files"] == {
        "segments/france.yaml": "segment: france\ntitle: France\nowner: growth\n"
        "when: {trait: {country: FR}}\n"
    }
    assert (kept.status, change.status) == (200, 201), change.body
    assert change.json()["change"]["number"] == 1


def test_the_definitions_that_name_a_segment_follow_its_new_name(shop: Legato) -> None:
    done = edited(shop, "open_complaint", {"edit": "rename_segment", "name": "complaining"})

    changed, before = done["files"], read_workspace(SHOP)
    assert "journeys/cart_rescue.yaml" in changed
    assert all("open_complaint" not in text for text in changed.values())
    assert changed[CUSTOMERS] == before[CUSTOMERS].replace("open_complaint", "complaining")
    assert done["drawing"]["elsewhere"] == []


@pytest.mark.parametrize(
    "edit",
    [
        {"edit": "new_segment", "name": "vip"},
        {"edit": "new_segment", "name": "No Name"},
        {"edit": "set_field", "path": "segment", "value": "other"},
        {"edit": "remove_field", "path": "nothing"},
        {"edit": "rename_segment", "name": "vip"},
    ],
)
def test_a_command_that_cannot_be_done_is_refused_with_what_to_do(
    shop: Legato, edit: object
) -> None:
    body = {"segment": "portugal", "edits": [edit]}

    answer = shop.call("POST", "/api/drawing/segment/edit", body)

    assert answer.status == 422, answer.body
    assert answer.json()["code"] == "drawing.not_done"
    assert answer.json()["fix"]


def test_nobody_is_named_of_a_segment_that_reads_what_is_sensitive(tmp_path: Path) -> None:
    files = read_workspace(SHOP)
    files["catalog/health.yaml"] = (
        "trait: is_pregnant\nowner: growth\npurpose: service\nprivacy: health\n"
        "schema: {type: boolean}\n---\nsegment: pregnant\nowner: growth\n"
        "when: {trait: {is_pregnant: true}}\n"
    )
    for name, text in files.items():
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text(text)
    config = Config(workspace=tmp_path / "shop", data=tmp_path / "data", is_one_process=True)
    shop = Legato(tmp_path, config)
    try:
        page = asked(shop, "/api/segments/pregnant/people")

        assert page["people"] == []
        assert "sensitive" in page["untold"]
    finally:
        shop.close()


def test_what_uses_a_segment_is_said_before_it_goes(shop: Legato) -> None:
    used = asked(shop, "/api/segments/open_complaint/removal", shop.token("marketer"))
    free = asked(shop, "/api/segments/portugal/removal", shop.token("marketer"))

    uses = [(each["family"], each["name"], each["through"]) for each in used["uses"]]
    assert ("journey", "cart_rescue", "") in uses
    assert ("journey", "win_back", "segment lapsed") in uses
    assert any("open_complaint" in problem["what"] for problem in used["problems"])
    assert (free["uses"], free["problems"]) == ([], [])
    assert (free["file"], free["is_whole_file"]) == ("segments/iberia.yaml", False)


def test_a_segment_goes_as_a_change_and_never_from_under_what_uses_it(shop: Legato) -> None:
    wish = {"title": "Nobody looks at it"}
    path = "/api/segments/{}/removal"

    refused = shop.call("POST", path.format("open_complaint"), wish)
    untitled = shop.call("POST", path.format("portugal"), {"title": " "})
    made = shop.call("POST", path.format("portugal"), wish, token=shop.token("marketer"))
    number = made.json()["change"]["number"]
    review = shop.call("GET", f"/api/changes/{number}/review").json()

    assert (refused.status, untitled.status, made.status) == (422, 400, 201)
    assert "open_complaint" in refused.json()["problems"][0]["what"]
    assert review["mistakes"] == []
    (difference,) = review["differences"]
    assert difference["file"] == "segments/iberia.yaml"
