"""The way out to Redis, against a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import redis

from legato.ports.sender import SendFault
from legato.transports.ways import Ways
from tests.services.process import free_port
from tests.services.redis import redis_server
from tests.services.sending import Account, erasure, event, with_ways
from tests.services.tls import encrypted, pair

PASSWORD = "redis of the tests"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with redis_server(tmp_path_factory.mktemp("redis"), PASSWORD) as opened:
        yield opened


def account(port: int, **changed: Any) -> Account:  # noqa: ANN401 - settings are anybody's JSON
    settings = {"host": f"127.0.0.1:{port}", "security": "none", "password": PASSWORD}
    return Account("redis", {**settings, **changed})


def reader(port: int) -> Any:  # noqa: ANN401 - its types are for both protocols at once
    return redis.Redis(port=port, password=PASSWORD, decode_responses=True)


def test_a_person_becomes_a_hash_and_goes_with_their_erasure(port: int, tmp_path: Path) -> None:
    shop = account(port, prefix="shop", keep="600")
    traits = {"plan": "gold", "address": {"city": "Porto"}, "tags": ["a", "b"], "age": 31}

    async def work(ways: Ways) -> None:
        told = await shop.send(ways, event(type="identify", traits=traits))
        assert told.kind == "accepted"
        found = reader(port)
        assert found.hgetall("shop:user:ana") == {
            "plan": "gold",
            "address.city": "Porto",
            "tags": '["a","b"]',
            "age": "31",
        }
        assert 0 < found.ttl("shop:user:ana") <= 600

        told = await shop.send(ways, erasure("ana", user_id=["ana"]))

        assert told.kind == "accepted"
        assert not found.exists("shop:user:ana")

    with_ways(tmp_path, work)


def test_each_of_many_gets_its_own_answer(port: int, tmp_path: Path) -> None:
    shop = account(port, prefix="many")
    reader(port).set("many:user:p7", "no hash")

    async def work(ways: Ways) -> None:
        sent = (
            shop.send(ways, event(n, f"p{n}", type="identify", traits={"n": n})) for n in range(200)
        )
        verdicts = await asyncio.gather(*sent)

        kinds = {n: verdict.kind for n, verdict in enumerate(verdicts)}
        assert kinds == {**dict.fromkeys(range(200), "accepted"), 7: "failed"}
        assert all(reader(port).hget(f"many:user:p{n}", "n") == str(n) for n in (0, 8, 199))

    with_ways(tmp_path, work)


def test_a_wrong_password_holds_deliveries_back(port: int, tmp_path: Path) -> None:
    shop = account(port, password="another")

    verdict = with_ways(
        tmp_path, lambda ways: shop.send(ways, event(type="identify", traits={"a": 1}))
    )

    assert verdict.kind == "retry"
    assert verdict.reason is not None
    assert verdict.reason.code == "destination.denied"


def test_a_server_that_is_away_is_no_doubt(tmp_path: Path) -> None:
    shop = account(free_port())

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: shop.send(ways, event(type="identify", traits={"a": 1})))

    assert not caught.value.is_in_doubt
    assert not caught.value.is_permanent


def test_a_server_that_hangs_up_leaves_doubt(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (said := await reader.read(4096)) and b"HSET" not in said:
            writer.write(b"+OK\r\n" * said.count(b"*"))  # to each command of the greeting
        writer.close()

    async def work(ways: Ways) -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0, family=socket.AF_INET)
        async with server:
            shop = account(server.sockets[0].getsockname()[1])
            with pytest.raises(SendFault) as caught:
                await shop.send(ways, event(type="identify", traits={"a": 1}))
            assert caught.value.is_in_doubt

    with_ways(tmp_path, work)


def test_a_private_address_is_refused_unless_it_is_allowed(port: int, tmp_path: Path) -> None:
    settings = {"host": f"127.0.0.1:{port}", "security": "tls"}
    shop = Account("redis", settings, allow_private=False)

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: shop.send(ways, event(type="identify", traits={"a": 1})))

    assert caught.value.is_permanent
    assert "private" in caught.value.what


def test_a_password_does_not_go_in_the_clear_over_the_internet(tmp_path: Path) -> None:
    settings = {"host": "redis.example", "security": "none", "password": "x"}
    shop = Account("redis", settings, allow_private=False)

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: shop.send(ways, event(type="identify", traits={"a": 1})))

    assert caught.value.is_permanent
    assert "clear" in caught.value.what


@pytest.mark.parametrize("host", ["", "other.example"])
def test_a_server_is_trusted_by_its_certificate_alone(host: str, port: int, tmp_path: Path) -> None:
    async def work(ways: Ways) -> None:
        made = pair(host) if host else pair()
        async with encrypted(port, made, tmp_path) as opened:
            shop = account(opened, security="tls", ca=made.certificate)
            told = event(type="identify", traits={"a": 1})
            if not host:
                assert (await shop.send(ways, told)).kind == "accepted"
            else:
                with pytest.raises(SendFault) as caught:
                    await shop.send(ways, told)
                assert not caught.value.is_in_doubt
            stranger = account(opened, security="tls")
            with pytest.raises(SendFault):
                await stranger.send(ways, told)

    with_ways(tmp_path, work)
