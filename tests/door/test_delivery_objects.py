"""The way out into buckets, against a store that speaks as S3 does."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from legato.model.instant import SECOND
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.sender import SendFault
from legato.transports.clock import SystemClock
from legato.transports.objects import ObjectSender
from legato.transports.ways import Ways
from tests.services.aws import REGION, aws_server, client
from tests.services.process import free_port
from tests.services.sending import Account, event, with_ways


@pytest.fixture(scope="module")
def port() -> Generator[int]:
    with aws_server() as opened:
        yield opened


def account(port: int, bucket: str, **changed: Any) -> Account:  # noqa: ANN401 - settings are JSON
    settings = {
        "bucket": bucket,
        "region": REGION,
        "endpoint": f"http://127.0.0.1:{port}",
        "key_id": "test",
        "secret_key": "test",
        "wait": "50ms",
    }
    return Account("s3", {**settings, **changed})


def bucket(port: int, name: str) -> Any:  # noqa: ANN401 - made from a description at run time
    found = client("s3", port)
    found.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return found


def objects(found: Any, name: str) -> dict[str, list[dict[str, Any]]]:  # noqa: ANN401 - as above
    """Return the lines of every object of a bucket, by its key."""
    listed = found.list_objects_v2(Bucket=name).get("Contents", [])
    bodies = {
        one["Key"]: found.get_object(Bucket=name, Key=one["Key"])["Body"].read() for one in listed
    }
    return {
        key: [json.loads(line) for line in _unpacked(key, body).splitlines()]
        for key, body in bodies.items()
    }


def _unpacked(key: str, body: bytes) -> bytes:
    return gzip.decompress(body) if key.endswith(".gz") else body


def test_events_become_lines_of_one_object_an_hour(port: int, tmp_path: Path) -> None:
    found = bucket(port, "archive")
    archive = account(port, "archive", prefix="raw")
    later = "2026-03-02T11:20:00.000Z"

    async def work(ways: Ways) -> None:
        sent = [archive.send(ways, event(n)) for n in range(100)]
        sent.append(archive.send(ways, event(100, receivedAt=later)))
        verdicts = await asyncio.gather(*sent)
        assert {verdict.kind for verdict in verdicts} == {"accepted"}

    with_ways(tmp_path, work)

    stored = objects(found, "archive")
    by_folder = {key.rpartition("/")[0]: lines for key, lines in stored.items()}
    assert list(by_folder) == ["raw/date=2026-03-02/hour=10", "raw/date=2026-03-02/hour=11"]
    ids = [line["messageId"] for line in by_folder["raw/date=2026-03-02/hour=10"]]
    assert ids == [f"m{n}" for n in range(100)]
    assert all(key.endswith(".jsonl.gz") for key in stored)


@pytest.mark.parametrize(
    ("bound", "counts"), [({"lines": 20}, [20, 13]), ({"bytes": "4KB"}, [16, 16, 1])]
)
def test_an_object_that_is_full_is_followed_by_another(
    bound: dict[str, Any], counts: list[int], port: int, tmp_path: Path
) -> None:
    name = f"full-{next(iter(bound))}"
    found = bucket(port, name)
    archive = account(port, name, wait="10s", compress=False, **bound)

    async def work(ways: Ways) -> list[asyncio.Task[Any]]:
        sent = [asyncio.create_task(archive.send(ways, event(n))) for n in range(10, 43)]
        await asyncio.wait(sent[: sum(counts[:-1])])  # the rest waits for the end
        return sent

    sent = with_ways(tmp_path, work)

    assert {task.result().kind for task in sent} == {"accepted"}
    stored = objects(found, name).values()
    assert sorted((len(lines) for lines in stored), reverse=True) == counts


def test_what_waits_is_stored_when_the_process_stops(port: int, tmp_path: Path) -> None:
    found = bucket(port, "stopping")
    archive = account(port, "stopping", wait="10s")

    async def work(ways: Ways) -> asyncio.Task[Any]:
        task = asyncio.create_task(archive.send(ways, event()))
        await asyncio.sleep(0)
        return task

    task = with_ways(tmp_path, work)

    assert task.result().kind == "accepted"
    assert len(objects(found, "stopping")) == 1


def test_a_bucket_that_is_not_there_holds_deliveries_back(port: int, tmp_path: Path) -> None:
    verdict = with_ways(tmp_path, lambda ways: account(port, "nowhere").send(ways, event()))

    assert verdict.kind == "retry"
    assert verdict.reason is not None
    assert verdict.reason.code == "destination.denied"


def test_a_store_that_is_away_is_no_doubt(tmp_path: Path) -> None:
    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: account(free_port(), "archive").send(ways, event()))

    assert not caught.value.is_in_doubt


def test_a_private_address_is_refused_unless_it_is_allowed(port: int, tmp_path: Path) -> None:
    settings = {"bucket": "archive", "endpoint": f"http://127.0.0.1:{port}", "wait": "10ms"}
    keys = {"key_id": "test", "secret_key": "test"}
    archive = Account("s3", {**settings, **keys}, allow_private=False)

    with pytest.raises(SendFault) as caught:
        with_ways(tmp_path, lambda ways: archive.send(ways, event()))

    assert caught.value.is_permanent


class Store:
    """A way out that keeps what it is given, and whose answer to some requests gets lost."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.puts: list[HttpRequest] = []

    async def send(self, request: Request) -> Response:
        assert isinstance(request, HttpRequest)
        self.puts.append(request)
        if len(self.puts) <= self.lost:
            raise SendFault("no answer", is_in_doubt=True)
        return Response(status=200)

    async def close(self) -> None:
        return None


def test_an_object_in_doubt_is_stored_again_whole_under_its_name() -> None:
    store = Store(lost=2)
    archive = account(1, "archive", wait="10ms")

    async def main() -> None:
        sender = ObjectSender(store, SystemClock())
        lines = [archive.request(event(n)) for n in range(20)]
        doubtful = await asyncio.gather(*map(sender.send, lines), return_exceptions=True)
        assert all(isinstance(one, SendFault) and one.is_in_doubt for one in doubtful)
        with pytest.raises(SendFault):
            await sender.send(lines[3])

        again = await asyncio.gather(*map(sender.send, [*lines, archive.request(event(20))]))

        assert {response.status for response in again} == {200}
        await sender.close()

    asyncio.run(main())

    names = [put.url for put in store.puts]
    assert len(names) == 4
    assert len(dict.fromkeys(names)) == 2, "and one for the line that came later"
    assert len({put.body for put in store.puts if put.url == names[0]}) == 1


def test_an_objects_name_says_whose_lines_are_in_it_and_nothing_else() -> None:
    store = Store(lost=0)
    archive = account(1, "archive", wait="10ms")

    async def main() -> None:
        sender = ObjectSender(store, SystemClock())
        await sender.send(archive.request(event(1)))
        await sender.send(archive.request(event(1, properties={"other": SECOND})))

    asyncio.run(main())

    assert store.puts[0].url == store.puts[1].url
