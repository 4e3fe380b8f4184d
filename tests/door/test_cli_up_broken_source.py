"""`legato up` for the first time, with a broken manifest of a source: the rest runs."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.door.provider import Provider, Question, Told
from tests.door.test_cli_up import WAIT_SECONDS
from tests.door.test_cli_up_broken import First, until

MANIFEST = """\
inbound: 1
id: bookings
name: A booking service
docs: https://bookings.example/webhooks
settings:
  token: {type: string, secret: true, required: true}
verify: {kind: secret, given: =header."x-token", secret: =settings.token}
events:
  - when: item.kind == 'booked'
    emit: {event: Table Booked, user_id: =item.guest, properties: {seats: =%s.seats}}
  - emit: {event: Table Left, user_id: =item.guest}
"""
BROKEN, MENDED = MANIFEST % "itm", MANIFEST % "item"
NO_YAML = BROKEN.replace("name: A booking service", "name: [A booking service")
POLLED = """\
inbound: 1
id: bookings
name: A booking service
docs: https://bookings.example/list
settings:
  url: {type: string, required: true}
poll:
  request: {method: GET, url: =settings.url}
  items: =body.bookings
  cursor: =item.number
  kind: number
  every: 1h
dedupe: =item.number
events:
  - when: item.number
    emit: {event: Table Booked, user_id: =%s.guest}
  - emit: {event: Table Left, user_id: =item.guest}
"""
SOURCE = """\
source: tables
connector: bookings
settings: {token: {secret: BOOKINGS_TOKEN}}
"""
POLLED_SOURCE = """\
source: tables
connector: bookings
allow_private: true
settings: {url: "URL/list"}
"""
GUESTS = """\
segment: guests
owner: shop
when: {did: Table Booked}
"""
THANKS = """\
journey: thanks
owner: growth
purpose: marketing
enter: {on: Table Left, again: once}
steps:
  - send: {message: welcome, on: email, expires: 1d}
"""
TOKEN = "the-token"
FILE = "connectors/bookings.yaml"
PLACE = f"{FILE}:10:68"
MISTAKE = f"{PLACE}: in this manifest, there is no `itm` here. Did you mean `item`?"
BOOKED = {"kind": "booked", "guest": "ana", "seats": 4}


class Source(First):
    """A process on a workspace with a source that reads by a manifest of its own."""

    manifest = BROKEN
    source = SOURCE
    journey = THANKS
    told = ""
    """What the process has said since it was up."""

    def furnish(self) -> None:
        self.environment["LEGATO_SECRET_BOOKINGS_TOKEN"] = TOKEN
        self.write(FILE, self.manifest)
        self.write("sources/tables.yaml", self.source)
        self.write("segments/guests.yaml", GUESTS)
        self.write("journeys/thanks.yaml", self.journey)
        self.send_to("log", connector="file")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(WAIT_SECONDS)
        if self.process.stderr is not None:
            self.told = self.process.stderr.read()
            self.process.stderr.close()
        return code

    def post(self, body: object, token: str = TOKEN) -> tuple[int, HTTPMessage, str]:
        """Call the source's door as its provider does."""
        link = HTTPConnection(urlsplit(self.connection.url).netloc, timeout=WAIT_SECONDS)
        headers = {"content-type": "application/json", "x-token": token}
        link.request("POST", "/hooks/tables", json.dumps(body), headers)
        answer = link.getresponse()
        content = answer.read().decode()
        link.close()
        return answer.status, answer.headers, content

    def came(self) -> list[str]:
        """Return the names of what came out at the destination."""
        path = self.workspace / "log.jsonl"
        whole, _, _ = (path.read_text() if path.exists() else "").rpartition("\n")
        return [json.loads(line)["event"]["event"] for line in whole.splitlines()]

    def seen(self) -> dict[str, Any]:
        found = {one["source"]: one for one in self.read("/api/sources")}
        return found["tables"]


class NoYaml(Source):
    manifest = NO_YAML


class AndMore(Source):
    """Where something else is wrong too: there is no such event, and the manifest can say so."""

    journey = THANKS.replace("Table Left", "Table Lost")


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Source]:
    process = Source(tmp_path)
    yield process
    process.stop()


def test_a_broken_manifest_stops_its_own_source_until_it_is_mended(first: Source) -> None:
    assert first.track("ana", "Signed Up", method="web") == 200
    until(lambda: first.came() == ["Signed Up"])

    refused, headers, body = first.post(BOOKED)
    checked, unapplied = first.legato("check", "."), first.legato("apply", ".")
    first.write(FILE, MENDED)
    applied = first.legato("apply", ".")
    status, _, _ = first.post(BOOKED)
    until(lambda: first.came() == ["Signed Up", "Table Booked"])

    assert (refused, headers["retry-after"]) == (503, "5")
    assert json.loads(body)["code"] == "source_broken"
    assert PLACE in json.loads(body)["message"]
    assert "`legato apply`" in json.loads(body)["message"]
    assert "itm" not in body, "it can quote what strangers shall not see"
    assert checked.returncode == unapplied.returncode == 1
    assert f"{PLACE}  X301" in checked.stderr
    assert applied.returncode == 0, applied.stderr
    assert status == 200
    assert first.seen()["broken"] == ""
    assert first.read("/api/problems") == []


def test_a_source_that_is_out_of_order_says_so_wherever_it_is_shown(first: Source) -> None:
    seen, alerts = first.seen(), first.read("/api/status")["alerts"]
    page = first.read("/api/sources/tables")
    listed, status = first.legato("sources"), first.legato("status")
    first.stop()
    told = " ".join(first.told.split())
    first.start()

    assert seen["broken"] == MISTAKE
    assert seen["broken_since"] > 0
    assert [one["journey"] for one in seen["journeys"]] == ["thanks"]
    alert = next(one for one in alerts if one["topic"] == "source:tables")
    assert alert["reason"]["code"] == "source.broken"
    assert alert["reason"]["definition"] == "sources/tables"
    assert MISTAKE in alert["reason"]["what"]
    assert page["seen"]["broken"] == MISTAKE
    assert (page["is_posted"], page["is_polled"]) == (True, False)
    assert page["connector_name"] == "A booking service"
    assert MISTAKE in listed.stdout
    assert MISTAKE in " ".join(status.stdout.split())
    assert "The source tables is out of order, and what is sent to it is refused" in told
    assert MISTAKE in told


def test_a_source_is_out_of_order_over_a_restart(first: Source) -> None:
    assert first.post(BOOKED)[0] == 503

    first.stop()
    first.start()
    still = first.post(BOOKED)[0], first.seen()["broken"]
    first.stop()
    first.write(FILE, MENDED)
    first.start()
    until(lambda: first.post(BOOKED)[0] == 200)  # as its provider does
    until(lambda: first.came() == ["Table Booked"])

    assert still == (503, MISTAKE)
    assert first.post(BOOKED, "a guess")[0] == 401


def test_a_manifest_that_nobody_can_read_stops_none_but_its_own_source(tmp_path: Path) -> None:
    process = NoYaml(tmp_path)
    try:
        told = process.read("/api/problems")
        refused, seen = process.post(BOOKED)[0], process.seen()
        assert process.track("ana", "Signed Up", method="web") == 200
        until(lambda: process.came() == ["Signed Up"])
        process.write(FILE, MENDED)
        applied = process.legato("apply", ".")
        taken = process.post(BOOKED)[0]
        until(lambda: process.came() == ["Signed Up", "Table Booked"])
    finally:
        process.stop()

    assert [one["place"]["file"] for one in told] == [FILE]
    assert refused == 503
    assert seen["broken"].startswith(f"{FILE}:")
    assert applied.returncode == 0, applied.stderr
    assert taken == 200


def test_anything_else_that_is_wrong_lets_nothing_run(tmp_path: Path) -> None:
    process = AndMore(tmp_path)
    try:
        status = process.track("ana", "Signed Up", method="web")
        hooked = process.post(BOOKED)[0]
        told = process.read("/api/problems")
    finally:
        process.stop()

    assert (status, hooked) == (401, 404), "no plan, so no write key and no source"
    assert [one["place"]["file"] for one in told] == [FILE, "journeys/thanks.yaml"]


class Polled(Source):
    """Where the source is asked. Its provider is there the whole time."""

    manifest = POLLED % "itm"

    def __init__(self, folder: Path, url: str) -> None:
        self.source = POLLED_SOURCE.replace("URL", url)
        super().__init__(folder)


def _bookings(_: Question) -> Told:
    return Told(200, {"bookings": [{"number": 1, "guest": "ana"}]})


def test_a_source_that_is_polled_is_asked_once_its_manifest_is_mended(tmp_path: Path) -> None:
    provider = Provider(_bookings)
    process = Polled(tmp_path, provider.url)
    try:
        page, seen = process.read("/api/sources/tables"), process.seen()
        refused = process.legato("sources", "poll", "tables")
        assert process.track("bo", "Signed Up", method="web") == 200
        until(lambda: process.came() == ["Signed Up"])
        asked_before = len(provider.questions)
        process.write(FILE, POLLED % "item")
        applied = process.legato("apply", ".")
        until(lambda: process.came() == ["Signed Up", "Table Booked"])
        until(lambda: process.seen()["asked"]["taken"] == 1)
        mended = process.seen()
    finally:
        process.stop()
        provider.close()

    assert (page["is_posted"], page["is_polled"]) == (False, True)
    assert (seen["asked"], asked_before) == (None, 0)
    assert f"{FILE}:16:33: in this manifest, there is no `itm` here." in seen["broken"]
    assert refused.returncode == 1
    assert seen["broken"] in " ".join(refused.stderr.split())
    assert applied.returncode == 0, applied.stderr
    assert (mended["broken"], mended["asked"]["fault"]) == ("", "")
