"""`legato why --what-if` of a running process: what was taken back, and who was turned away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.door.test_cli_up import Running

WAITING = """
destination: down
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:9/nobody-listens"}
---
channel: push
destination: down
address: identifier user_id
---
template: offer
title: Offer
purpose: marketing
push: {body: "Come back"}
---
suppress: bought
when: {did: Order Completed, within: 1d}
because: has just bought
---
journey: offers
owner: growth
purpose: marketing
enter: {on: Signed Up, again: any time}
steps:
  - send: {message: offer, on: push, expires: 1d}
---
journey: orders
owner: growth
purpose: marketing
enter: {on: Order Completed, key: order_id, again: once}
steps:
  - wait: 30d
---
event: Visited
owner: growth
purpose: service
schema: {type: object, properties: {shop: {type: integer}}}
---
journey: visits
owner: growth
purpose: service
enter: {on: Visited, key: shop, again: any time}
steps:
  - wait: 30d
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("what_if"))
    (process.workspace / "policies" / "pressure.yaml").unlink()
    (process.workspace / "waiting.yaml").write_text(WAITING)
    applied = process.legato("apply", ".")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    yield process
    process.stop()


def asked(running: Running, who: str, *more: str) -> dict[str, Any]:
    answer = running.legato("why", f"user_id:{who}", *more, "--what-if", "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def changes(answer: dict[str, Any]) -> list[list[str]]:
    return [one["changes"] for one in answer["otherwise"]]


def test_a_message_that_a_no_took_back_would_have_gone_without_it(running: Running) -> None:
    running.track("ana", "Consent Changed", purpose="marketing", granted=True)
    running.track("ana", "Signed Up", method="web")
    running.track("ana", "Consent Changed", purpose="marketing", granted=False)

    said = running.legato("why", "user_id:ana", "--message", "offer", "--what-if").stdout
    answer = asked(running, "ana", "--message", "offer")

    assert changes(answer) == [["no 'Consent Changed' then"]]
    words = "no 'Consent Changed' then: it would have been free to go by push at"
    assert words in " ".join(said.split())


def test_a_message_that_a_purchase_took_back_would_have_gone_without_it(running: Running) -> None:
    running.track("bob", "Consent Changed", purpose="marketing", granted=True)
    running.track("bob", "Signed Up", method="web")
    running.track("bob", "Order Completed", order_id="o1", value=9)

    answer = asked(running, "bob", "--message", "offer")

    assert changes(answer) == [["no 'Order Completed' then"], ["not being so: has just bought"]]


def test_who_was_turned_away_by_a_pause_would_have_entered(running: Running) -> None:
    assert running.legato("pause", "orders").returncode == 0
    running.track("eve", "Order Completed", order_id="o1", value=9)
    assert running.legato("resume", "orders").returncode == 0

    answer = asked(running, "eve", "--journey", "orders")

    assert changes(answer) == [["orders not being paused"]]
    assert answer["would_change"].startswith("orders not being paused: the person would have")


def test_who_came_again_while_inside_is_told_what_would_have_let_them_in(running: Running) -> None:
    for _ in range(2):
        running.track("cy", "Order Completed", order_id="o1", value=9)

    answer = asked(running, "cy", "--journey", "orders")

    assert answer["kind"] == "in_journey"
    assert "not let in again, because the person is in it already" in answer["sentence"]
    assert changes(answer)[-1] == ["`again: any time` in its `enter`"]
    assert "would have entered again at" in answer["would_change"]


def test_an_event_without_the_key_would_have_entered_with_it(running: Running) -> None:
    running.track("gil", "Visited", page="home")

    answer = asked(running, "gil", "--journey", "visits")

    assert answer["first_blocking"]["code"] == "entry.no_key"
    assert changes(answer) == [["a shop in 'Visited'"]]
