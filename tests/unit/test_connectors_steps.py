"""Requests in order: what those after one can see of its answer, alone and for a whole batch."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.batch.packet import Carrying
from legato.connectors.exchange.exchange import Ask, Done, Exchange, Next, Refused
from legato.connectors.language.value import Value
from legato.model.wire import HttpRequest, Response
from tests.unit.connector_world import carried, exchange_of, manifest, route

URL = "https://a.example"


def answer(body: Value, status: int = 200) -> Response:
    return Response(status=status, body=msgspec.json.encode(body))


def play(exchange: Exchange | Carrying, *answers: Response) -> tuple[list[tuple[str, Value]], Next]:
    """Answer what is asked; return what was, and what it came to."""
    asked: list[tuple[str, Value]] = []
    step = exchange.next()
    for one in answers:
        assert isinstance(step, Ask)
        assert isinstance(step.request, HttpRequest)
        body = step.request.body
        path = f"{step.request.method} {step.request.url.removeprefix(URL)}"
        asked.append((path, msgspec.json.decode(body) if body else None))
        step = exchange.next(one)
    return asked, step


def steps(*requests: dict[str, Any], **more: Value) -> dict[str, Any]:
    return manifest(routes=[{"on": "event", "requests": list(requests), **more}])


def test_the_answers_to_each_of_a_list_are_all_kept_with_what_they_are_about() -> None:
    given = steps(
        {"for_each": "=event.names", "url": f"{URL}/make", "body": "=item", "as": "made"},
        {"url": f"{URL}/all", "body": {"ids": "=made[].body.id", "of": "=made[].item"}},
    )

    asked, step = play(
        exchange_of(given, names=["a", "b"]), answer({"id": 1}), answer({"id": 2}), answer({})
    )

    assert asked[-1] == ("POST /all", {"ids": [1, 2], "of": ["a", "b"]})
    assert isinstance(step, Done)


def test_what_was_found_for_each_of_a_list_is_kept_in_its_place() -> None:
    lookup = {
        "as": "found",
        "request": {"for_each": "=event.names", "method": "GET", "url": f"{URL}/p/{{{{ item }}}}"},
        "select": "=body.id",
        "absent": [404],
    }
    given = manifest(routes=[route(lookup=lookup, request={"url": f"{URL}/x", "body": "=found"})])

    asked, _ = play(
        exchange_of(given, names=["a", "b", "c"]),
        answer({"id": 1}),
        answer({}, status=404),
        answer({"id": 3}),
        answer({}),
    )

    assert asked[-1] == ("POST /x", [1, None, 3])


def test_a_name_may_be_made_of_an_answer() -> None:
    given = steps(
        {"url": f"{URL}/make", "as": "made"},
        {"url": f"{URL}/next", "body": "=row"},
        let={"row": {"id": "=made.body.id", "n": "=event.n"}},
    )

    asked, _ = play(exchange_of(given, n=5), answer({"id": 7}), answer({}))

    assert asked[-1] == ("POST /next", {"id": 7, "n": 5})


def test_an_answer_may_be_required_to_say_something() -> None:
    given = steps(
        {"url": f"{URL}/make", "as": "made"},
        {"url": f"{URL}/next"},
        let={"id": "=made.body.id"},
        require=[
            {"that": "=event.n", "else": "there is no number"},
            {"that": "=id", "else": "the provider made nothing"},
        ],
    )

    _, first = play(exchange_of(given, n=1), answer({}))
    _, second = play(exchange_of(given, n=1), answer({"id": 1}), answer({}))
    third = exchange_of(given).next()

    assert isinstance(first, Refused)
    assert first.reason.what == "the provider made nothing"
    assert isinstance(second, Done)
    assert isinstance(third, Refused)
    assert third.reason.what == "there is no number"


LISTED: dict[str, Any] = {
    "items": 10,
    "each": "=event.mail",
    "lookup": {
        "as": "known",
        "request": {"url": f"{URL}/find", "body": {"mails": "=items"}},
        "select": "=body.found",
    },
    "requests": [
        {"when": "=known", "method": "PUT", "url": f"{URL}/people", "body": "=known", "as": "put"},
        {
            "when": "=length(items) > length(known)",
            "url": f"{URL}/people",
            "body": {"$each": "=items", "where": "=!(contains(known, item))"},
        },
        {"when": "=put.body.list", "url": f"{URL}/lists/{{{{ put.body.list }}}}", "body": "=items"},
    ],
}


def test_a_batch_asks_once_for_all_its_items_and_then_sends_in_steps() -> None:
    [(members, carrying)] = carried(
        manifest(routes=[route(batch=LISTED)]), [{"mail": "a"}, {"mail": "b"}, {"mail": "c"}]
    )

    asked, step = play(
        carrying, answer({"found": ["b"]}), answer({"list": 4}), answer({}), answer({})
    )

    assert members == (0, 1, 2)
    assert asked == [
        ("POST /find", {"mails": ["a", "b", "c"]}),
        ("PUT /people", ["b"]),
        ("POST /people", ["a", "c"]),
        ("POST /lists/4", ["a", "b", "c"]),
    ]
    assert isinstance(step, Done)
    assert (step.verdict.kind, step.made) == ("accepted", 3)


def test_a_batch_has_names_for_what_is_made_of_its_items_and_answers() -> None:
    batch = {
        "items": 10,
        "each": {"id": "=event.id", "stage": "=event.stage"},
        "let": {
            "other": {
                "$each": "=put.body.rows",
                "where": "=item.stage != get(items, index).stage",
                "do": "=item.id",
            },
        },
        "requests": [
            {"url": f"{URL}/put", "body": "=items", "as": "put"},
            {"when": "=other", "url": f"{URL}/again", "body": "=other"},
        ],
    }
    [(_, carrying)] = carried(
        manifest(routes=[route(batch=batch)]),
        [{"id": 1, "stage": "a"}, {"id": 2, "stage": "b"}],
    )

    rows = [{"id": 1, "stage": "a"}, {"id": 2, "stage": "c"}]
    asked, _ = play(carrying, answer({"rows": rows}), answer({}))

    assert asked[-1] == ("POST /again", [2])


def test_a_question_of_a_batch_that_is_not_answered_ends_it() -> None:
    [(_, carrying)] = carried(manifest(routes=[route(batch=LISTED)]), [{"mail": "a"}])

    _, step = play(carrying, answer({}, status=503))

    assert isinstance(step, Done)
    assert (step.verdict.kind, step.made) == ("retry", 0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"let": {"id": "=made.body.id"},
          "requests": [{"url": f"{URL}/{{{{ id }}}}", "as": "made"}]}, "is not there yet"),
        ({"requests": [{"url": f"{URL}/{{{{ made.body.id }}}}", "as": "made"}]}, "no `made`"),
        ({"inputs": {"a": {"from": "=made.body.id"}},
          "requests": [{"url": URL, "as": "made"}]}, "no `made`"),
        ({"let": {"id": "=made.body.id"}, "inputs": {"a": {"from": "=id"}},
          "requests": [{"url": URL, "as": "made"}]}, "known later"),
        ({"require": {"that": "=made.body.id", "else": "no"}, "batch": {"merge": ["a"]},
          "requests": [{"url": URL, "as": "made"}]}, "cannot wait for the answer `made`"),
        ({"batch": {"lookup": {"as": "a", "request": {"url": URL}}}, "request": {"url": URL}},
         "nothing says what is sent for all"),
    ],
)  # fmt: skip
def test_what_is_not_known_yet_is_a_mistake(changes: dict[str, Any], says: str) -> None:
    mistakes = compile_manifest(manifest(routes=[{"on": "event", **changes}])).mistakes

    assert any(says in str(one) for one in mistakes), mistakes
