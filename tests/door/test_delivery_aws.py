"""Events handed on to Amazon's services and to a bucket, by real lanes."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from botocore import auth, awsrequest, credentials  # pyright: ignore[reportMissingTypeStubs] - it has none

from legato.connectors.classify import classify
from legato.model.instant import DAY
from legato.model.wire import HttpRequest, Request, Response
from legato.transports.objects import ObjectSender
from legato.transports.ways import Ways
from tests.door.embedded import OwnClock, compile_text, embedded
from tests.services.aws import REGION, aws_server, client
from tests.services.sending import Account, event, with_ways
from tests.unit.lane_world import START

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


def account(connector: str, port: int, **settings: Any) -> Account:  # noqa: ANN401 - JSON
    keys = {"region": REGION, "key_id": "test", "secret_key": "test"}
    return Account(connector, {**keys, "endpoint": f"http://127.0.0.1:{port}", **settings})


def test_a_delivery_stream_stores_what_it_is_given(port: int, tmp_path: Path) -> None:
    s3, firehose = client("s3", port), client("firehose", port)
    s3.create_bucket(Bucket="hosed", CreateBucketConfiguration={"LocationConstraint": REGION})
    firehose.create_delivery_stream(
        DeliveryStreamName="orders",
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "BucketARN": "arn:aws:s3:::hosed",
        },
    )
    streams = [{"from": "Order Completed", "to": "orders"}]

    told = with_ways(
        tmp_path, lambda ways: account("firehose", port, streams=streams).send(ways, event())
    )

    assert told.kind == "accepted"
    assert told.receipt
    [stored] = s3.list_objects_v2(Bucket="hosed")["Contents"]
    body = s3.get_object(Bucket="hosed", Key=stored["Key"])["Body"].read()
    assert json.loads(body)["messageId"] == "m1"


def test_a_bus_hands_events_to_the_rules_that_ask_for_them(port: int, tmp_path: Path) -> None:
    events, sqs = client("events", port), client("sqs", port)
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events.create_event_bus(Name="shop")
    pattern = {"source": ["legato"], "detail-type": ["Order Completed"]}
    events.put_rule(Name="orders", EventBusName="shop", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule="orders", EventBusName="shop", Targets=[target])

    async def work(ways: Ways) -> None:
        bus = account("eventbridge", port, bus="shop")
        assert (await bus.send(ways, event(1))).kind == "accepted"
        assert (await bus.send(ways, event(2, event="Cart Viewed"))).kind == "accepted"

    with_ways(tmp_path, work)

    [got] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(got["Body"])["detail"]["messageId"] == "m1"


def test_a_stream_that_is_not_there_holds_deliveries_back(port: int, tmp_path: Path) -> None:
    told = with_ways(
        tmp_path, lambda ways: account("kinesis", port, stream="nowhere").send(ways, event())
    )

    assert told.kind == "retry"
    assert told.reason is not None
    assert told.reason.code == "destination.denied"


def test_only_records_that_a_stream_did_not_take_go_again() -> None:
    answer = {
        "FailedRecordCount": 1,
        "Records": [
            {"SequenceNumber": "1", "ShardId": "s"},
            {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"},
            {"SequenceNumber": "2", "ShardId": "s"},
        ],
    }
    spec = account("kinesis", 1, stream="events").spec

    told = classify(spec, Response(status=200, body=json.dumps(answer).encode()), START)

    assert told.kind == "accepted"
    assert [(item.index, item.kind) for item in told.items] == [(1, "retry")]


def test_an_object_is_signed_as_amazons_own_library_does() -> None:
    """Two libraries that know nothing of each other come to the same signature."""
    signed: list[HttpRequest] = []

    class Store:
        async def send(self, request: Request) -> Response:
            assert isinstance(request, HttpRequest)
            signed.append(request)
            return Response(status=200)

        async def close(self) -> None: ...

    async def main() -> None:
        sender = ObjectSender(Store(), OwnClock(START))
        archive = account("s3", 1, bucket="lake", wait="10ms", prefix="a b/ç=1")
        await sender.send(archive.request(event()))

    asyncio.run(main())

    [request] = signed
    wanted: Any = awsrequest.AWSRequest("PUT", request.url, data=request.body)
    for name in ("Content-Type", "X-Amz-Content-Sha256"):
        wanted.headers[name] = request.headers[name]
    wanted.context["timestamp"] = request.headers["X-Amz-Date"]
    judge: Any = auth.S3SigV4Auth(credentials.Credentials("test", "test"), "s3", REGION)
    wanted.headers["X-Amz-Date"] = request.headers["X-Amz-Date"]
    canonical = judge.canonical_request(wanted)
    signature = judge.signature(judge.string_to_sign(wanted, canonical), wanted)
    assert request.headers["Authorization"].endswith(f"Signature={signature}")
