"""Definitions that measure anew, applied to a running process: right from their first minute."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from legato.app.app import open_app
from legato.app.config import Config
from legato.model.ids import PersonId
from legato.model.state import plan_of
from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, make_workspace, started

LOYAL = """
segment: loyal
title: Ordered more than once, ever
owner: shop
when: {did: Order Completed, at_least: 2}
---
segment: strangers
title: Never ordered
owner: shop
when: {not: {did: Order Completed}}
"""
SPENT = """
computed: spent
title: All that was ever paid
owner: shop
purpose: service
sum: value
of: Order Completed
---
computed: last_order
title: The last order
owner: shop
purpose: service
last: order_id
of: Order Completed
"""
PEOPLE = 60


def live(legato: Legato) -> None:
    """Let everybody sign up, and order as often as their number says, in one batch."""
    calls: list[dict[str, object]] = []
    for number in range(PEOPLE):
        who = f"user-{number}"
        calls.append(tracked(who, "Signed Up", method="web"))
        for order in range(number % 4):
            order_id = f"{who}-{order}"
            calls.append(tracked(who, "Order Completed", order_id=order_id, value=order + 0.5))
    legato.collect("batch", {"batch": calls})


def tracked(who: str, event: str, **properties: object) -> dict[str, object]:
    return {"type": "track", "userId": who, "event": event, "properties": properties}


def files_of(legato: Legato) -> dict[str, str]:
    files = dict(read_workspace(legato.workspace))
    files["segments/loyal.yaml"] = LOYAL
    files["catalog/spent.yaml"] = SPENT
    return files


def rows(legato: Legato, query: str) -> list[list[Any]]:
    answer = legato.call("POST", "/api/sql", {"query": query}, reason="a test of the past")
    assert answer.status == 200, answer.body
    return answer.json()["rows"]


WRONG = """
    WITH told AS (
      SELECT p.person_id, p.spent, p.last_order, p.orders_30d,
        count(m.segment) FILTER (m.segment = 'loyal') AS loyal,
        count(m.segment) FILTER (m.segment = 'strangers') AS strange
      FROM people p LEFT JOIN memberships m USING (person_id) GROUP BY ALL
    ), counted AS (
      SELECT person_id, count(*) FILTER (name = 'Order Completed') AS orders,
        coalesce(sum((properties->>'value')::DOUBLE), 0) AS spent,
        (max({'at': occurred_at, 'id': properties->>'order_id'})
          FILTER (name = 'Order Completed')).id AS last
      FROM events GROUP BY ALL
    )
    SELECT * FROM told t JOIN counted c USING (person_id) WHERE t.spent <> c.spent
      OR t.last_order IS DISTINCT FROM c.last OR t.orders_30d <> c.orders
      OR (t.loyal = 1) <> (c.orders >= 2) OR (t.strange = 1) <> (c.orders = 0)
"""


def test_new_measurements_are_those_of_the_whole_past_for_everybody_while_traffic_flows(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as legato:
        live(legato)
        files = files_of(legato)
        planned = legato.call("POST", "/api/plan/diff", {"files": files}).json()

        async def apply_under_traffic() -> list[int]:
            applying = asyncio.create_task(legato.app.apply(files, by="token:test"))
            answered: list[int] = []
            while not applying.done():
                who = f"user-{len(answered) % PEOPLE}"
                properties = {"order_id": f"{who}-more-{len(answered)}", "value": 1}
                call = {"userId": who, "event": "Order Completed", "properties": properties}
                headers = [(b"content-type", b"application/json"), basic()]
                answer = await legato.ask(
                    "POST", "/v1/track", headers, json.dumps(call).encode(), "10.0.0.1"
                )
                answered.append(answer.status)
            assert (await applying).is_changed
            return answered

        answered = legato.runner.run(apply_under_traffic())
        run = legato.call("GET", "/api/backfill").json()
        legato.runner.run(legato.app.applied(legato.app.status().position))
        until_swept(legato)

        assert planned["backfill"] == {"slots": 3, "people": PEOPLE}
        assert set(answered) == {200}
        assert (run["phase"], run["done"], run["slots"]) == ("done", PEOPLE, 3)
        assert rows(legato, WRONG) == []
        assert rows(legato, "SELECT count(*) FROM memberships WHERE segment = 'loyal'") != [[0]]


def basic() -> tuple[bytes, bytes]:
    return b"authorization", b"Basic dGVzdC13cml0ZS1rZXk6"


def until_swept(legato: Legato) -> None:
    """Wait until everybody was looked at under the plan that runs."""
    digest = legato.app.status().plan

    def is_left() -> bool:
        everybody = legato.app.records.people(PersonId(""), PEOPLE + 1)
        return any(plan_of(state) != digest for _, state in everybody)

    while is_left():
        legato.runner.run(asyncio.sleep(0.01))


async def has_begun(legato: Legato) -> None:
    while legato.app.backfills.last.phase != "measuring":  # noqa: ASYNC110 - begun within a turn
        await asyncio.sleep(0)


def test_a_backfill_broken_off_by_a_stop_is_taken_up_at_the_next_start(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        live(legato)
        files = files_of(legato)

        async def begin_and_stop() -> None:
            applying = asyncio.create_task(legato.app.apply(files, by="token:test"))
            await has_begun(legato)
            await legato.app.stop()
            await asyncio.gather(applying, return_exceptions=True)

        legato.runner.run(begin_and_stop())
    workspace = make_workspace(tmp_path)
    for name, text in files.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    config = Config(workspace=workspace, data=tmp_path / "data", keys=tmp_path / "keys")

    async def start_again() -> str:
        app = open_app(config)
        await app.start()
        while app.backfills.last.phase != "done":
            await app.backfills.look(10)
            await asyncio.sleep(0)
        names = " ".join(app.plan().segments)
        await app.stop()
        return names

    assert "loyal" in asyncio.run(start_again())


def test_one_that_is_stopped_leaves_the_plan_before_and_can_be_begun_again(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        live(legato)
        files = files_of(legato)
        before = legato.app.status().plan

        async def begin_and_give_up() -> tuple[Any, Any]:
            applying = asyncio.create_task(legato.app.apply(files, by="token:test"))
            await has_begun(legato)
            admin = (b"authorization", f"Bearer {legato.admin}".encode())
            stopped = await legato.ask("POST", "/api/backfill/stop", [admin], b"", "10.0.0.1")
            return await applying, stopped

        applied, stopped = legato.runner.run(begin_and_give_up())
        again = legato.call("POST", "/api/backfill/stop")
        then = legato.call("GET", "/api/people/user-3/why?at=0s&message=welcome")
        entries = legato.call("GET", "/api/audit?action=backfill.stop").json()

        assert (stopped.status, applied.is_changed, applied.is_waiting) == (200, False, True)
        assert stopped.json()["phase"] == "given up"
        assert (again.status, again.json()["code"]) == (409, "backfill.none")
        assert legato.app.status().plan == before
        assert then.status == 200
        assert [each["subject"] for each in entries] == [stopped.json()["plan"]]
        legato.runner.run(legato.app.apply(files, by="token:test"))
        until_swept(legato)
        assert rows(legato, WRONG) == []
