"""The drawing board's routes over a running app."""

from __future__ import annotations

import base64
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.app.config import Config
from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CART = "journeys/cart_rescue.yaml"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Legato]:
    folder = tmp_path_factory.mktemp("drawing")
    config = Config(workspace=SHOP, data=folder / "data", is_one_process=True)
    legato = Legato(folder, config)
    yield legato
    legato.close()


def cart() -> str:
    return read_workspace(SHOP)[CART]


def test_a_running_journey_is_drawn_with_its_text(shop: Legato) -> None:
    token = shop.token("viewer")

    answer = shop.call("POST", "/api/drawing/read", {"journey": "cart_rescue"}, token=token)

    assert answer.status == 200, answer.body
    body = answer.json()
    assert body["text"] == cart()
    assert body["base"] == shop.app.status().plan
    drawing = body["drawing"]
    assert drawing["is_plan"]
    assert [step["kind"] for step in drawing["steps"]] == ["wait", "when", "wait_for", "send"]
    assert drawing["labels"] == {"patience": "steps/0"}


def test_texts_that_are_sent_take_the_place_of_the_running_ones(shop: Legato) -> None:
    text = cart().replace("wait: 30m", "wiat: 30m")
    asked = {"journey": "cart_rescue", "files": {CART: text}}

    body = shop.call("POST", "/api/drawing/read", asked).json()

    (problem,) = (one for one in body["drawing"]["problems"] if one["code"] == "J307")
    assert problem["path"] == "steps/0/wiat"
    assert problem["repairs"] == [
        {
            "title": "Use `wait`",
            "edits": [{"edit": "rename_field", "path": "steps/0/wiat", "key": "wait"}],
        }
    ]
    assert body["text"] == text


def test_a_journey_that_is_not_there_is_refused_with_the_nearest(shop: Legato) -> None:
    answer = shop.call("POST", "/api/drawing/read", {"journey": "cart_rescued"})

    assert answer.status == 404
    assert "cart_rescue" in answer.json()["fix"]


@pytest.mark.parametrize("path", ["../up.yaml", "journeys/x.txt", "/etc/x.yaml", "a//b.yaml"])
def test_a_path_outside_a_workspace_is_refused(shop: Legato, path: str) -> None:
    asked = {"journey": "cart_rescue", "files": {path: ""}}

    answer = shop.call("POST", "/api/drawing/read", asked)

    assert answer.status == 400
    assert answer.json()["code"] == "drawing.path"


def test_a_file_that_holds_keys_beside_the_journey_is_not_shown(shop: Legato) -> None:
    web = read_workspace(SHOP)["sources/web.yaml"]
    asked = {
        "journey": "cart_rescue",
        "files": {CART: f"{cart()}---\n{web}", "sources/web.yaml": None},
    }

    answer = shop.call("POST", "/api/drawing/read", asked)

    assert answer.status == 409
    assert answer.json()["code"] == "drawing.shared_file"


def test_kinds_come_with_schemas_and_the_words_of_the_running_plan(shop: Legato) -> None:
    body = shop.call("GET", "/api/drawing/kinds").json()

    kinds = {kind["kind"]: kind for kind in body["kinds"]}
    assert kinds["send"]["family"] == "act"
    assert kinds["send"]["words"]["send/message"] == "templates"
    assert kinds["split"]["slots"][0]["under"] == "arms/*/steps"
    assert "cart_reminder" in [word["name"] for word in body["words"]["templates"]]
    assert "duration" in body["definitions"]
    (checkout,) = (w for w in body["words"]["events"] if w["name"] == "Checkout Started")
    assert "value" in checkout["schema"]["properties"]


def test_commands_change_their_own_lines_of_the_text(shop: Legato) -> None:
    edits = [
        {"edit": "insert_step", "into": "steps/1/else", "index": 0, "kind": "wait"},
        {"edit": "set_field", "path": "steps/1/else/0/wait", "value": "2h"},
    ]
    asked = {"journey": "cart_rescue", "edits": edits}

    answer = shop.call("POST", "/api/drawing/edit", asked, token=shop.token("marketer"))

    assert answer.status == 200, answer.body
    body = answer.json()
    end = "      - leave: quietly "
    assert body["text"] == cart().replace(end, f"      - wait: 2h\n{end}")
    assert body["files"] == {CART: body["text"]}
    assert body["said"] == ["add 'Wait' (1d)", "set wait of else"]
    assert body["path"] == "steps/1/else/0/wait"
    assert body["drawing"]["is_plan"]


def test_a_repair_is_sent_back_as_it_came_and_puts_the_text_right(shop: Legato) -> None:
    files = {CART: cart().replace("wait: 30m", "wiat: 30m")}
    read = shop.call("POST", "/api/drawing/read", {"journey": "cart_rescue", "files": files})
    (problem,) = (one for one in read.json()["drawing"]["problems"] if one["code"] == "J307")
    asked = {"journey": "cart_rescue", "files": files, "edits": problem["repairs"][0]["edits"]}

    body = shop.call("POST", "/api/drawing/edit", asked).json()

    assert body["text"] == cart()
    assert body["drawing"]["problems"] == []


def test_a_command_that_cannot_be_done_is_refused_with_its_number(shop: Legato) -> None:
    edits = [
        {"edit": "delete_step", "path": "steps/3"},
        {"edit": "delete_step", "path": "steps/3"},
    ]

    answer = shop.call("POST", "/api/drawing/edit", {"journey": "cart_rescue", "edits": edits})

    assert answer.status == 422
    assert answer.json()["code"] == "drawing.not_done"
    assert answer.json()["message"].startswith("Command 2 ")


def test_a_new_journey_begins_in_a_file_of_its_own_and_is_renamed_everywhere(shop: Legato) -> None:
    begin = {
        "edit": "new_journey",
        "name": "try_out",
        "owner": "growth",
        "purpose": "service",
        "enter": {"segment": "lapsed"},
    }
    edits = [begin, {"edit": "insert_step", "into": "steps", "index": 0, "kind": "wait"}]
    body = shop.call("POST", "/api/drawing/edit", {"journey": "", "edits": edits}).json()
    path = "journeys/try_out.yaml"
    assert body["text"].splitlines()[0] == "journey: try_out"
    assert body["drawing"]["problems"] == []
    segment = "segment: tried\nowner: growth\nwhen: {in_journey: try_out}  # now\n"

    rename = {"edit": "rename_journey", "name": "tried_out"}
    files = {**body["files"], "segments/tried.yaml": segment}
    asked = {"journey": "try_out", "files": files, "edits": [rename]}
    renamed = shop.call("POST", "/api/drawing/edit", asked).json()

    assert renamed["drawing"]["journey"] == "tried_out"
    assert renamed["files"][path] == body["text"].replace("try_out", "tried_out", 1)
    assert renamed["files"]["segments/tried.yaml"] == segment.replace("try_out", "tried_out")


def lives_in(shop: Legato, user: int, country: str) -> None:
    basic = base64.b64encode(b"shop-web-key:").decode()
    headers = [
        (b"content-type", b"application/json"),
        (b"authorization", f"Basic {basic}".encode()),
    ]
    call = msgspec.json.encode(
        {"userId": f"u{user}", "traits": {"country": country, "email": f"{user}@example.com"}}
    )
    answer = shop.runner.run(shop.ask("POST", "/v1/identify", headers, call, "10.0.0.1"))
    assert answer.status == 200
    shop.runner.run(_applied(shop))


async def _applied(shop: Legato) -> None:
    await shop.app.applied(shop.app.host.room.position)


@pytest.fixture(scope="module")
def people(shop: Legato) -> Legato:
    """Twelve of whom half live in Portugal."""
    for number in range(12):
        lives_in(shop, number, "PT" if number % 2 else "ES")
    return shop


def ruled(shop: Legato, rule: object, **more: object) -> Any:  # noqa: ANN401 - JSON
    answer = shop.call("POST", "/api/drawing/rule", {"rule": rule, **more})
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_rule_is_read_back_and_counted_row_by_row(people: Legato) -> None:
    rule = {"all": [{"trait": {"country": "PT"}}, {"did": "Order Completed", "at_least": 1}]}

    body = ruled(people, rule)

    assert body["sentence"].startswith("their country is PT and ")
    assert body["problems"] == []
    who = body["who"]
    assert (who["looked_at"], who["people"], who["matching"]) == (12, 12, 0)
    assert [(row["matching"], row["removes"]) for row in who["rows"]] == [(6, 6), (0, 6)]


def test_a_rule_with_an_unknown_word_suggests_the_nearest_where_it_stands(shop: Legato) -> None:
    body = ruled(shop, {"trait": {"contry": "PT"}}, path="steps/1/when")

    (problem,) = body["problems"]
    assert problem["path"] == "steps/1/when/trait/contry"
    assert problem["repairs"][0]["edits"][0]["key"] == "country"
    assert body["who"] is None


def test_parts_that_cannot_be_told_of_people_are_said_to_be_so(people: Legato) -> None:
    new = {"did": "Product Viewed", "at_least": 4, "within": "17d"}
    rule = {"all": [{"entry": {"value": {"over": 40}}}, new, {"trait": {"country": "ES"}}]}

    who = ruled(people, rule, event="Checkout Started")["who"]

    assert not who["is_whole"]
    assert [bool(row["untold"]) for row in who["rows"]] == [True, True, False]
    assert who["matching"] == 6


def test_a_rule_may_be_asked_of_the_event_at_hand_or_of_an_answer(shop: Legato) -> None:
    value = {"value": {"over": 40}}

    of_event = ruled(shop, value, on="Checkout Started")
    of_began = ruled(shop, {"entry": value}, on="Order Completed", event="Checkout Started")
    of_answer = ruled(shop, {"answer": {"accepted": True}}, is_answer=True)
    mistaken = ruled(shop, {"valu": 40}, on="Checkout Started", path="enter/when")

    for body in (of_event, of_began, of_answer):
        assert body["problems"] == []
        assert body["who"]["rows"][0]["untold"]
    assert "value is over 40" in of_event["sentence"]
    assert "accepted" in of_answer["sentence"]
    assert mistaken["problems"][0]["path"] == "enter/when/valu"
    assert mistaken["problems"][0]["repairs"][0]["edits"][0]["key"] == "value"


def tried(shop: Legato, rule: object, reason: str = "") -> Any:  # noqa: ANN401 - JSON
    headers = {"legato-reason": reason} if reason else {}
    asked = {"rule": rule, "who": "user_id:u1"}
    answer = shop.call("POST", "/api/drawing/try", asked, headers=headers)
    assert answer.status == 200, answer.body
    return answer.json()["tried"]


def test_a_rule_is_tried_on_one_person_part_by_part_and_on_record(people: Legato) -> None:
    rule = {
        "all": [
            {"trait": {"country": "PT"}},
            {"none": [{"in_segment": "vip"}, {"did": "Order Completed"}]},
            {"did": "Order Completed", "at_least": 2},
        ]
    }

    masked = tried(people, rule)
    seen = tried(people, rule, reason="ticket 4711: asked why it stopped")

    assert [part["holds"] for part in masked["parts"]] == [True, True, False]
    assert (masked["word"], masked["holds"]) == ("all", False)
    assert masked["parts"][1]["word"] == "none"
    assert [part["seen"] for part in masked["parts"]] == [
        "\u2022\u2022\u2022",
        "",
        "\u2022\u2022\u2022",
    ]
    assert [part["seen"] for part in seen["parts"]] == ["PT", "", "0"]
    entries = people.call("GET", "/api/audit?action=person.try").json()
    assert "trait `country`" in str(entries)
    assert "PT" not in str(entries)


def test_an_identifier_is_not_guessed_at_behind_the_mask(people: Legato) -> None:
    rule = {"any": [{"trait": {"email": {"starts_with": "1"}}}, {"trait": {"country": "ES"}}]}

    masked = tried(people, rule)
    seen = tried(people, rule, reason="ticket 4711: asked why it stopped")

    assert (masked["holds"], masked["parts"][0]["holds"]) == (None, None)
    assert "identifier" in masked["parts"][0]["untold"]
    assert seen["parts"][0] == {
        "sentence": "their email starts with 1",
        "holds": True,
        "word": "",
        "seen": "1@example.com",
        "untold": "",
        "parts": [],
    }


def test_a_broken_rule_and_an_unknown_person_are_refused(people: Legato) -> None:
    broken = people.call("POST", "/api/drawing/try", {"rule": {"x": 1}, "who": "user_id:u1"})
    nobody = people.call("POST", "/api/drawing/try", {"rule": {"did": "Page Viewed"}, "who": "x"})

    assert (broken.status, broken.json()["code"]) == (422, "drawing.rule")
    assert (nobody.status, nobody.json()["code"]) == (404, "person.unknown")


def test_fewer_than_five_are_not_told_apart(people: Legato) -> None:
    lives_in(people, 99, "IS")

    who = ruled(people, {"trait": {"country": "IS"}})["who"]

    assert who["matching"] is None
    assert who["rows"][0]["matching"] is None


def test_a_value_nested_out_of_all_measure_is_refused(shop: Legato) -> None:
    rule: object = {"trait": {"country": "PT"}}
    for _ in range(80):
        rule = {"not": rule}
    edit = {"edit": "set_field", "path": "steps/1/when", "value": rule}

    alone = shop.call("POST", "/api/drawing/rule", {"rule": rule})
    edited = shop.call("POST", "/api/drawing/edit", {"journey": "cart_rescue", "edits": [edit]})

    assert (alone.status, edited.status) == (400, 400)
    assert alone.json()["code"] == edited.json()["code"] == "drawing.depth"


def test_a_journey_that_somebody_elses_change_broke_names_them(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        text = legato.app.texts()["journeys/welcome.yaml"]
        bonus = (
            "event: Bonus Earned\nowner: growth\npurposes: [marketing]\nschema: {type: object}\n"
        )
        bonus_file = {"catalog/bonus.yaml": bonus}
        with_it = {**legato.app.texts(), **bonus_file}
        assert legato.call("POST", "/api/plan/apply", {"files": with_it}).status == 200
        files = {"journeys/welcome.yaml": text + "leave: {on: Bonus Earned}\n"}
        asked = {"journey": "invited", "files": files}
        before = legato.call("POST", "/api/drawing/read", asked).json()
        without = {file: each for file, each in with_it.items() if file not in bonus_file}
        other = legato.token("engineer")
        applied = legato.call("POST", "/api/plan/apply", {"files": without}, token=other)
        assert applied.status == 200, applied.body

        after = legato.call("POST", "/api/drawing/read", asked).json()

        assert (before["drawing"]["problems"], before["causes"]) == ([], [])
        (cause,) = after["causes"]
        assert (cause["change"], cause["by"]) == ("removed event Bonus Earned", "token:a engineer")
        assert cause["at"] > 0
        assert cause["problems"] == ["there is no event named `Bonus Earned`"]


def test_a_slip_of_ones_own_is_nobody_elses_doing(shop: Legato) -> None:
    text = cart().replace("Order Completed", "Order Complted")
    asked = {"journey": "cart_rescue", "files": {CART: text}}

    body = shop.call("POST", "/api/drawing/read", asked).json()

    assert body["drawing"]["problems"]
    assert body["causes"] == []
