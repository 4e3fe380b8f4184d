"""Events handed on to Amazon's services and to a bucket, by real lanes."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from legato.model.instant import DAY
from tests.door.embedded import OwnClock, compile_text, embedded
from tests.services.aws import REGION, aws_server, client

EVENTS = 120
PEOPLE = 6
WORKSPACE = """
workspace: handing_on
accept_unknown: true
---
identity: [{kind: user_id, from: [user_id]}]
---
purposes:
  analytics: {basis: legitimate_interest, promotional: false}
---
event: Order Completed
owner: shop
purpose: analytics
schema: {type: object}
"""
DESTINATION = """
---
destination: NAME
connector: NAME
settings:
  SETTINGS
  region: eu-west-1
  key_id: test
  secret_key: {secret: KEY}
  endpoint: "http://127.0.0.1:PORT"
allow_private: true
events: {purpose: analytics, only: [Order Completed]}
"""


@pytest.fixture(scope="module")
def port() -> Generator[int]:
    with aws_server() as opened:
        yield opened


def numbers(found: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Return what arrived of each person, in order."""
    told: dict[str, list[int]] = {}
    for one in found:
        told.setdefault(one["userId"], []).append(one["properties"]["n"])
    return told


def hand_on(
    folder: Path, text: str, arrived: Callable[[], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Feed the events and return what has arrived once all are settled."""

    async def main() -> None:
        plan = compile_text(WORKSPACE + text)
        clock = OwnClock(20_000 * DAY)
        async with embedded(folder, plan, clock, secrets={"KEY": "test"}) as host:
            orders = [
                host.event(f"p{n % PEOPLE}", "Order Completed", {"n": n}) for n in range(EVENTS)
            ]
            await host.feed(*orders)
            async with asyncio.timeout(30):
                while host.store.destinations():  # noqa: ASYNC110 - the store tells nobody
                    await asyncio.sleep(0.02)

    asyncio.run(main())
    return arrived()


def destination(name: str, settings: str, port: int) -> str:
    text = DESTINATION.replace("NAME", name).replace("SETTINGS", settings)
    return text.replace("PORT", str(port))


def test_a_stream_gets_each_persons_events_in_order(port: int, tmp_path: Path) -> None:
    kinesis = client("kinesis", port)
    kinesis.create_stream(StreamName="events", ShardCount=1)

    def arrived() -> list[dict[str, Any]]:
        shard = kinesis.list_shards(StreamName="events")["Shards"][0]["ShardId"]
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        return [json.loads(one["Data"]) for one in records]

    found = hand_on(tmp_path, destination("kinesis", "stream: events", port), arrived)

    assert numbers(found) == {f"p{n}": list(range(n, EVENTS, PEOPLE)) for n in range(PEOPLE)}


def test_a_bucket_gets_each_event_once(port: int, tmp_path: Path) -> None:
    s3 = client("s3", port)
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})

    def arrived() -> list[dict[str, Any]]:
        names = [one["Key"] for one in s3.list_objects_v2(Bucket="lake")["Contents"]]
        assert len(names) == 1, "people do not wait for one another's lines, nor for their own"
        body = s3.get_object(Bucket="lake", Key=names[0])["Body"].read()
        return [json.loads(line) for line in gzip.decompress(body).splitlines()]

    found = hand_on(tmp_path, destination("s3", "bucket: lake\n  wait: 1s", port), arrived)

    assert sorted(one["properties"]["n"] for one in found) == list(range(EVENTS))
