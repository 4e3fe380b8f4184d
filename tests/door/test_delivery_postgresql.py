"""The way out to PostgreSQL, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has none
import pytest

from legato.ports.sender import SendFault
from legato.transports.ways import Ways
from tests.services.postgresql import PASSWORD, postgresql_server
from tests.services.process import free_port
from tests.services.sending import Account, erasure, event, with_ways
from tests.services.tls import encrypted, pair

TABLES = """
CREATE TABLE events (
  id text PRIMARY KEY, person_id text, type text, name text, user_id text, anonymous_id text,
  occurred_at timestamptz, received_at timestamptz, data jsonb, context jsonb
);
CREATE SCHEMA shop;
CREATE TABLE shop.orders (
  id text PRIMARY KEY, person_id text, occurred_at timestamptz, total numeric, items jsonb
);
CREATE TABLE keyless (
  id text, person_id text, type text, name text, user_id text, anonymous_id text,
  occurred_at timestamptz, received_at timestamptz, data jsonb, context jsonb
);
"""
LIBRARY: Any = asyncpg


@pytest.fixture(scope="module")
def port() -> Generator[int]:
    with postgresql_server() as opened:
        ask(opened, TABLES)
        yield opened


def ask(port: int, query: str) -> list[tuple[Any, ...]]:
    """Ask the server, over a connection of our own."""

    async def main() -> list[tuple[Any, ...]]:
        connection = await LIBRARY.connect(
            host="127.0.0.1", port=port, user="postgres", password=PASSWORD, database="postgres"
        )
        try:
            if ";" in query:
                await connection.execute(query)
                return []
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(main())


def account(port: int, **changed: Any) -> Account:  # noqa: ANN401 - settings are anybody's JSON
    settings = {
        "host": f"127.0.0.1:{port}",
        "security": "none",
        "database": "postgres",
        "username": "postgres",
        "password": PASSWORD,
    }
    return Account("postgresql", {**settings, **changed})


def test_an_event_is_one_row_however_often_it_is_sent(port: int, tmp_path: Path) -> None:
    async def work(ways: Ways) -> None:
        for _ in range(3):
            assert (await account(port).send(ways, event())).kind == "accepted"

    with_ways(tmp_path, work)

    [row] = ask(
        port,
        "SELECT id, person_id, name, extract(epoch FROM received_at - occurred_at)::int,"
        " data->>'total', context->>'ip' FROM events",
    )
    assert row == ("delivery_1", "ana", "Order Completed", 1, "12.5", "203.0.113.7")


def test_an_event_may_have_a_table_of_its_own(port: int, tmp_path: Path) -> None:
    orders = account(port, tables=[{"from": "Order Completed", "to": "shop.orders"}])

    with_ways(tmp_path, lambda ways: orders.send(ways, event()))

    [row] = ask(port, "SELECT id, person_id, total::text, items::text FROM shop.orders")
    assert row == ("delivery_1", "ana", "12.5", '[{"sku": "a"}]')


def test_one_bad_row_among_many_is_refused_alone(port: int, tmp_path: Path) -> None:
    orders = account(port, tables=[{"from": "Order Completed", "to": "shop.orders"}])

    async def work(ways: Ways) -> dict[int, str]:
        numbers = range(100, 150)
        totals = {107: "a lot"}
        sent = [
            orders.send(ways, event(n, properties={"total": totals.get(n, n), "items": []}))
            for n in numbers
        ]
        verdicts = await asyncio.gather(*sent)
        return {n: verdict.kind for n, verdict in zip(numbers, verdicts, strict=True)}

    kinds = with_ways(tmp_path, work)

    assert kinds == {**dict.fromkeys(range(100, 150), "accepted"), 107: "failed"}
    assert ask(port, "SELECT count(*) FROM shop.orders WHERE total >= 100") == [(49,)]


def test_an_erasure_takes_a_persons_rows_out_of_every_table(port: int, tmp_path: Path) -> None:
    orders = account(port, tables=[{"from": "Order Completed", "to": "shop.orders"}])

    async def work(ways: Ways) -> None:
        await orders.send(ways, event(200, "bob"))
        await orders.send(ways, event(201, "bob", event="Cart Viewed"))
        await orders.send(ways, event(202, "eve"))
        assert (await orders.send(ways, erasure("bob"))).kind == "accepted"

    with_ways(tmp_path, work)

    assert ask(port, "SELECT 1 FROM events WHERE person_id = 'bob'") == []
    assert ask(port, "SELECT 1 FROM shop.orders WHERE person_id = 'bob'") == []
    assert ask(port, "SELECT count(*) FROM shop.orders WHERE person_id = 'eve'") == [(1,)]


@pytest.mark.parametrize(
    "changed",
    [
        {"table": "nowhere"},
        {"table": 'events"; DROP TABLE events'},
        {"table": "keyless"},  # without a key nobody sees that a row is there
        {"password": "another"},
        {"database": "nowhere"},
        {"username": "nobody"},
    ],
)
def test_a_wrong_account_or_table_holds_deliveries_back(
    changed: dict[str, str], port: int, tmp_path: Path
) -> None:
    verdict = with_ways(tmp_path, lambda ways: account(port, **changed).send(ways, event(300)))

    assert verdict.kind == "retry"
    assert verdict.reason is not None
    assert verdict.reason.code == "destination.denied"


def test_a_server_that_is_away_is_no_doubt(tmp_path: Path) -> None:
    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: account(free_port()).send(ways, event()))

    assert not caught.value.is_in_doubt


def test_a_connection_that_breaks_leaves_doubt(port: int, tmp_path: Path) -> None:
    ask(port, "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;")  # fmt: skip
    ask(port, "CREATE TABLE leaving (LIKE events INCLUDING ALL);")
    ask(port, "CREATE TRIGGER leave BEFORE INSERT ON leaving EXECUTE FUNCTION leave();")

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: account(port, table="leaving").send(ways, event(400)))

    assert caught.value.is_in_doubt


def test_a_private_address_is_refused_unless_it_is_allowed(port: int, tmp_path: Path) -> None:
    settings = {"host": f"127.0.0.1:{port}", "database": "postgres", "username": "postgres"}
    shop = Account("postgresql", settings, allow_private=False)

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: shop.send(ways, event()))

    assert caught.value.is_permanent
    assert "private" in caught.value.what


@pytest.mark.parametrize("host", ["", "other.example"])
def test_a_server_is_trusted_by_its_certificate_alone(host: str, port: int, tmp_path: Path) -> None:
    async def work(ways: Ways) -> None:
        made = pair(host) if host else pair()
        async with encrypted(port, made, tmp_path, asks_first=True) as opened:
            shop = account(opened, security="tls", ca=made.certificate)
            if not host:
                assert (await shop.send(ways, event(500))).kind == "accepted"
            else:
                with pytest.raises(SendFault) as caught:
                    await shop.send(ways, event(500))
                assert not caught.value.is_in_doubt
            stranger = account(opened, security="tls")
            with pytest.raises(SendFault):
                await stranger.send(ways, event(501))

    with_ways(tmp_path, work)


def test_a_server_without_tls_is_not_spoken_to_where_it_is_wanted(
    port: int, tmp_path: Path
) -> None:
    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: account(port, security="tls").send(ways, event(502)))

    assert not caught.value.is_in_doubt
