"""The way out to Kafka, against a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import aiokafka  # pyright: ignore[reportMissingTypeStubs] - it has none
import pytest
from aiokafka import admin  # pyright: ignore[reportMissingTypeStubs]

from legato.model.instant import SECOND, Duration
from legato.ports.sender import SendFault
from legato.transports.ways import Ways
from tests.services.kafka import PASSWORD, USER, Broker, kafka_server
from tests.services.process import free_port
from tests.services.sending import Account, event, with_ways
from tests.services.tls import pair

LIBRARY: Any = aiokafka
ADMIN: Any = admin
Settings = dict[str, Any]
CERTIFICATE = pair()
EVENTS = 300
PEOPLE = 10


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Generator[Broker]:
    with kafka_server(tmp_path_factory.mktemp("kafka"), CERTIFICATE) as opened:
        asyncio.run(make_topics(opened.ports.plain))
        yield opened


async def make_topics(port: int) -> None:
    client = ADMIN.AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}")
    await client.start()
    names = {"events": 3, "orders": 1, "small": 1}
    topics = [
        ADMIN.NewTopic(
            name,
            num_partitions=count,
            replication_factor=1,
            topic_configs={"max.message.bytes": "400"} if name == "small" else {},
        )
        for name, count in names.items()
    ]
    await client.create_topics(topics)
    await client.close()


async def records(port: int, topic: str, count: int) -> list[Any]:
    """Read what a topic holds from its beginning."""
    consumer = LIBRARY.AIOKafkaConsumer(
        topic, bootstrap_servers=f"127.0.0.1:{port}", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


def account(port: int, *, timeout: Duration = 5 * SECOND, **changed: Any) -> Account:  # noqa: ANN401 - settings are anybody's JSON
    settings = {"brokers": f"127.0.0.1:{port}", "security": "none", "topic": "events"}
    return Account("kafka", {**settings, **changed}, timeout=timeout)


def test_a_persons_events_keep_their_order_among_many(broker: Broker, tmp_path: Path) -> None:
    stream = account(broker.ports.plain)

    async def person(ways: Ways, name: str, numbers: range) -> None:
        for number in numbers:
            verdict = await stream.send(ways, event(number, name))
            assert verdict.kind == "accepted"
            assert verdict.receipt.startswith("events/")

    async def work(ways: Ways) -> list[Any]:
        people = [person(ways, f"p{n}", range(n, EVENTS, PEOPLE)) for n in range(PEOPLE)]
        await asyncio.gather(*people)
        return await records(broker.ports.plain, "events", EVENTS)

    found = with_ways(tmp_path, work)

    assert len({one.partition for one in found}) == 3
    for n in range(PEOPLE):
        mine = [one for one in found if one.key == f"p{n}".encode()]
        ids = [json.loads(one.value)["messageId"] for one in mine]
        assert ids == [f"m{number}" for number in range(n, EVENTS, PEOPLE)]
        assert len({one.partition for one in mine}) == 1
    assert dict(found[0].headers)["type"] == b"track"


def test_an_account_is_proven_by_scram_and_a_topic_named_by_event(
    broker: Broker, tmp_path: Path
) -> None:
    proof: Settings = {"mechanism": "SCRAM-SHA-256", "username": USER, "password": PASSWORD}
    topics = [{"from": "Order Completed", "to": "orders"}]
    stream = account(broker.ports.scram, topics=topics, **proof)

    async def work(ways: Ways) -> list[Any]:
        assert (await stream.send(ways, event())).kind == "accepted"
        return await records(broker.ports.plain, "orders", 1)

    [found] = with_ways(tmp_path, work)

    assert json.loads(found.value)["event"] == "Order Completed"


def test_a_topic_that_is_not_there_holds_deliveries_back(broker: Broker, tmp_path: Path) -> None:
    stream = account(broker.ports.plain, topic="nowhere", timeout=SECOND)

    verdict = with_ways(tmp_path, lambda ways: stream.send(ways, event()))

    assert verdict.kind == "retry"
    assert verdict.reason is not None
    assert verdict.reason.code == "destination.denied"


def test_a_record_that_is_too_large_is_refused_and_others_are_not(
    broker: Broker, tmp_path: Path
) -> None:
    stream = account(broker.ports.plain, topic="small")

    async def work(ways: Ways) -> list[str]:
        large = event(1, properties={"text": "x" * 1_000})
        small = event(2, properties={}, context={})
        return [(await stream.send(ways, one)).kind for one in (large, small)]

    assert with_ways(tmp_path, work) == ["failed", "accepted"]


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", ""])
def test_a_broker_that_is_away_or_refuses_the_account_is_no_doubt(
    mechanism: str, broker: Broker, tmp_path: Path
) -> None:
    proof: Settings = {}
    if mechanism:
        proof = {"mechanism": mechanism, "username": USER, "password": "another"}
    stream = account(broker.ports.scram if mechanism else free_port(), **proof)

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: stream.send(ways, event()))

    assert not caught.value.is_in_doubt
    assert not caught.value.is_permanent


def test_a_private_address_is_refused_unless_it_is_allowed(broker: Broker, tmp_path: Path) -> None:
    settings = {"brokers": f"127.0.0.1:{broker.ports.plain}", "security": "none", "topic": "events"}
    stream = Account("kafka", settings, allow_private=False)

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: stream.send(ways, event()))

    assert caught.value.is_permanent
    assert "private" in caught.value.what


def test_a_broker_is_trusted_by_its_certificate_alone(broker: Broker, tmp_path: Path) -> None:
    async def work(ways: Ways) -> None:
        stream = account(broker.ports.tls, security="tls", ca=CERTIFICATE.certificate)
        assert (await stream.send(ways, event())).kind == "accepted"
        for stranger in (pair().certificate, ""):
            stream = account(broker.ports.tls, timeout=SECOND, security="tls", ca=stranger)
            with pytest.raises(SendFault) as caught:
                await stream.send(ways, event())
            assert not caught.value.is_in_doubt

    with_ways(tmp_path, work)


def test_a_broker_that_does_not_answer_leaves_doubt_and_is_reached_again(
    broker: Broker, tmp_path: Path
) -> None:
    stream = account(broker.ports.plain, timeout=SECOND)

    async def work(ways: Ways) -> None:
        assert (await stream.send(ways, event(1))).kind == "accepted"
        with broker.held():
            with pytest.raises(SendFault) as caught:
                await stream.send(ways, event(2))
            assert caught.value.is_in_doubt

        assert (await stream.send(ways, event(3))).kind == "accepted"

    with_ways(tmp_path, work)
