"""The replay sends a history as SDKs do: in order, in batches, and again when refused for now."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from legato.cli.demo.replay import Fact, Replay, Sender
from legato.cli.demo.replay import replay as command
from legato.model.instant import HOUR, MINUTE, SECOND, Instant, parse_instant
from legato.model.problem import LegatoError

NOON = 1_700_000_000_000_000
RECORDED = 1_320_048_000_000_000
SENDERS = {
    "web": Sender(write_key="web-key"),
    "app": Sender(write_key="app-key", time_field="originalTimestamp"),
}


class LeapingClock:
    """Every look at it finds an hour gone: nothing is ever waited for."""

    def __init__(self) -> None:
        self._now: Instant = NOON - HOUR

    def now(self) -> Instant:
        self._now += HOUR
        return self._now


def fact(seconds: int, *, source: str = "web", **item: object) -> Fact:
    return Fact(
        at=RECORDED + seconds * SECOND,
        source=source,
        item={"type": "track", "event": "Signed In", "messageId": f"m{seconds}", **item},
    )


def replayed(facts: list[Fact], *, speed: int, answers: list[int] | None = None) -> list[Any]:
    """Replay against a server that gives these answers, then 200; return what it was sent."""
    left = list(answers or [])
    seen: list[Any] = []

    async def batch(request: web.Request) -> web.Response:
        seen.append((request.headers["Authorization"], await request.json()))
        status = left.pop(0) if left else 200
        return web.Response(status=status, headers={"Retry-After": "0"})

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/batch", batch)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            await Replay(url, SENDERS, clock=LeapingClock(), speed=speed).run(facts)
        finally:
            await runner.cleanup()

    asyncio.run(run())
    return seen


def items_of(seen: list[Any]) -> list[dict[str, Any]]:
    return [item for _, body in seen for item in body["batch"]]


def test_times_begin_now_and_pass_at_the_speed() -> None:
    seen = replayed([fact(0), fact(600)], speed=60)

    times = [parse_instant(item["timestamp"]) for item in items_of(seen)]
    assert times == [NOON, NOON + 10 * SECOND]


def test_each_source_signs_with_its_key_and_its_own_time_field() -> None:
    seen = replayed([fact(0), fact(1, source="app")], speed=1)

    by_key = {key: body["batch"][0] for key, body in seen}
    assert set(by_key) == {"Basic d2ViLWtleTo=", "Basic YXBwLWtleTo="}
    assert "timestamp" in by_key["Basic d2ViLWtleTo="]
    assert "originalTimestamp" in by_key["Basic YXBwLWtleTo="]


def test_a_source_is_sent_in_order_and_in_bounded_batches() -> None:
    seen = replayed([fact(n) for n in range(250)], speed=1)

    assert [item["messageId"] for item in items_of(seen)] == [f"m{n}" for n in range(250)]
    assert all(len(body["batch"]) <= 100 for _, body in seen)


def test_a_passing_refusal_is_answered_with_the_same_ids_again() -> None:
    seen = replayed([fact(0)], speed=1, answers=[503, 429])

    assert [item["messageId"] for item in items_of(seen)] == ["m0", "m0", "m0"]


def test_a_final_refusal_ends_the_replay() -> None:
    with pytest.raises(LegatoError, match="401"):
        replayed([fact(0)], speed=1, answers=[401])


def test_an_instant_in_a_trait_moves_with_the_time() -> None:
    traits = {"customer_since": "2011-10-31T08:00:00.000Z", "name": "To Them"}

    seen = replayed([fact(600, type="identify", traits=traits)], speed=60)

    moved = items_of(seen)[0]["traits"]
    assert parse_instant(moved["customer_since"]) == NOON - 10 * SECOND
    assert moved["name"] == "To Them"


def test_what_the_sdk_said_of_itself_is_kept() -> None:
    context = {"consent": {"categoryPreferences": {"Advertising": True}}}

    seen = replayed([fact(0, context=context)], speed=1)

    sent = items_of(seen)[0]["context"]
    assert sent["consent"] == context["consent"]
    assert sent["library"]["name"] == "legato replay"


def test_lasting_a_minute_at_sixty_takes_a_second() -> None:
    replay = Replay("http://127.0.0.1:1", SENDERS, clock=LeapingClock(), speed=60)

    assert replay.due_at(RECORDED + MINUTE) - replay.due_at(RECORDED) == SECOND


def test_a_history_is_replayed_from_a_shell(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl.gz"
    file.write_bytes(gzip.compress(msgspec.json.encode(fact(0)) + b"\n"))
    seen: list[Any] = []

    async def batch(request: web.Request) -> web.Response:
        seen.append(await request.json())
        return web.Response()

    async def alive(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": "Tue, 14 Nov 2023 22:13:20 GMT"})

    async def run() -> Result:
        app = web.Application()
        app.router.add_post("/v1/batch", batch)
        app.router.add_get("/healthz", alive)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        options = [str(file), f"--url={url}", "--key=web=web-key"]
        result = await asyncio.to_thread(CliRunner().invoke, command, options)
        await runner.cleanup()
        return result

    result = asyncio.run(run())

    assert result.output == "1 calls sent\n"
    assert seen[0]["batch"][0]["timestamp"].startswith("2023-11-14T22:13:20")


def test_a_source_without_a_key_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl.gz"
    file.write_bytes(gzip.compress(msgspec.json.encode(fact(0)) + b"\n"))

    result = CliRunner().invoke(command, [str(file)])

    assert isinstance(result.exception, LegatoError)
    assert "--key" in result.exception.fix
