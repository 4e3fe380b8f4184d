"""Sources that are polled, against providers on this machine that speak their wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from legato.model.instant import MINUTE, SECOND, format_instant
from tests.door.posted import Posted
from tests.door.provider import Provider, Question, Told, json_of

PAGE = 2
SECRETS = {"SF_ID": "the-client", "SF_SECRET": "the-secret", "HS_TOKEN": "pat-1"}

WORKSPACE = """
workspace: polls
---
identity:
  - {kind: user_id, from: [user_id], unique: true}
  - {kind: email, from: [traits.email, properties.email], lowercase: true}
---
trait: email
owner: tests
purpose: marketing
schema: {type: string}
---
event: Thing Changed
owner: tests
purpose: marketing
schema: {type: object}
---
purposes:
  marketing: {basis: legitimate_interest, promotional: true, title: Marketing}
---
destination: gateway
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:PORT/gateway"}
---
channel: email
destination: gateway
address: trait email
---
source: crm
connector: CONNECTOR
channel: email
every: 10m
first: 2d
allow_private: true
settings: SETTINGS
"""


class Salesforce:
    """The part of its REST API that is asked: tokens that end, and queries in pages."""

    def __init__(self) -> None:
        self.contacts: list[dict[str, Any]] = []
        self.token = ""
        self.tokens_given = 0
        self.next_told: list[Told] = []
        """Told once each, before anything else."""
        self._lists: dict[str, list[dict[str, Any]]] = {}

    def change(self, number: int, at: str, **fields: object) -> None:
        self.contacts.append(
            {
                "attributes": {"type": "Contact"},
                "Id": f"003{number:04}",
                "IsDeleted": False,
                "CreatedDate": "2020-01-01T00:00:00.000+0000",
                "SystemModstamp": at,
                "Email": f"p{number}@example.com",
                "HasOptedOutOfEmail": False,
                **fields,
            }
        )

    def answer(self, question: Question) -> Told:
        if question.path == "/services/oauth2/token":
            return self._give_token(question)
        if self.next_told:
            return self.next_told.pop(0)
        if question.headers.get("authorization") != f"Bearer {self.token}":
            return Told(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}])
        if question.path == "/services/data/v62.0/query":
            since = question.query["q"].split("SystemModstamp >= ")[1].split(" ")[0]
            found = [one for one in self.contacts if _plain(one["SystemModstamp"]) >= since]
            found.sort(key=lambda one: (one["SystemModstamp"], one["Id"]))
            return self._page(found)
        return self._page(self._lists.pop(question.path.rsplit("/", 1)[1]))

    def _page(self, found: list[dict[str, Any]]) -> Told:
        page, rest = found[:PAGE], found[PAGE:]
        body: dict[str, Any] = {"done": not rest, "records": page}
        if rest:
            name = f"01g-{len(rest)}"
            self._lists[name] = rest
            body["nextRecordsUrl"] = f"/services/data/v62.0/query/{name}"
        return Told(200, body)

    def _give_token(self, question: Question) -> Told:
        form = {name: values[0] for name, values in parse_qs(question.body.decode()).items()}
        assert form["grant_type"] == "client_credentials"
        if form["client_secret"] != "the-secret":
            return Told(400, {"error": "invalid_client"})
        self.tokens_given += 1
        self.token = f"token-{self.tokens_given}"
        return Told(200, {"access_token": self.token, "expires_in": 7200})


def _plain(text: str) -> str:
    return text.replace("+0000", "Z")


class Desk:
    """A started app that polls, and the provider that it asks."""

    def __init__(self, folder: Path, provider: Provider, connector: str, settings: object) -> None:
        self.folder = folder
        self.provider = provider
        text = WORKSPACE.replace("CONNECTOR", connector).replace("SETTINGS", json.dumps(settings))
        self.posted = Posted(folder, text, SECRETS)

    def poll(self) -> dict[str, Any]:
        return self.posted.post("/api/sources/crm/poll")

    def names(self, who: str) -> list[str]:
        return self.posted.admitted(who)

    def at(self, ago: int) -> str:
        """Return an instant as Salesforce writes it, so many microseconds ago."""
        return format_instant(self.posted.clock.now() - ago).replace("Z", "+0000")


@pytest.fixture
def salesforce() -> Salesforce:
    return Salesforce()


@pytest.fixture
def desk(tmp_path: Path, salesforce: Salesforce) -> Iterator[Desk]:
    provider = Provider(salesforce.answer)
    settings = {
        "instance": provider.url,
        "client_id": {"secret": "SF_ID"},
        "client_secret": {"secret": "SF_SECRET"},
    }
    desk = Desk(tmp_path, provider, "salesforce", settings)
    yield desk
    desk.posted.close()
    provider.close()


def test_what_is_new_is_taken_page_by_page_and_once(desk: Desk, salesforce: Salesforce) -> None:
    for number in range(5):
        salesforce.change(number, desk.at((30 - number) * MINUTE))

    first = desk.poll()
    second = desk.poll()

    assert first["fault"] == "", first
    assert first["taken"] >= 5
    assert second["cursor"] == first["cursor"]
    assert [desk.names(f"p{number}@example.com") for number in range(5)] == [
        ["CRM Record Changed"]
    ] * 5
    assert salesforce.tokens_given == 1


def test_a_change_is_found_again_only_when_there_is_one(desk: Desk, salesforce: Salesforce) -> None:
    salesforce.change(1, desk.at(30 * MINUTE))
    desk.poll()
    salesforce.contacts.clear()
    salesforce.change(1, desk.at(MINUTE), HasOptedOutOfEmail=True)
    desk.poll()
    asked = desk.provider.asked("/services/data/v62.0/query")[-1].query["q"]

    assert desk.names("p1@example.com") == [
        "CRM Record Changed",
        "Unsubscribed",
        "CRM Record Changed",
    ]
    assert "WHERE SystemModstamp >= " in asked
    assert desk.posted.state("p1@example.com").consents != {}


def test_a_token_that_has_ended_is_replaced_at_once(desk: Desk, salesforce: Salesforce) -> None:
    desk.poll()
    salesforce.token = "ended"
    salesforce.change(1, desk.at(MINUTE))

    asked = desk.poll()

    assert asked["fault"] == ""
    assert salesforce.tokens_given == 2
    assert desk.names("p1@example.com") == ["CRM Record Changed"]


@pytest.mark.parametrize(
    ("told", "code", "seconds"),
    [
        (Told(429, {}, {"retry-after": "90"}), "source.refused", 90),
        (Told(500, {}), "source.refused", 5),
        (Told(200, b'{"records": [{"Id'), "source.answer", 5),
        (Told(200, {"error": "in a success"}), "source.answer", 5),
        (Told(200, {"records": [{"Id": "1"}]}), "poll.cursor", 5),
        (Told(200, {"records": [], "nextRecordsUrl": ".evil.example/x"}), "poll.host", 5),
    ],
)
def test_a_bad_answer_is_told_and_asked_for_again_later(
    desk: Desk, salesforce: Salesforce, told: Told, code: str, seconds: int
) -> None:
    desk.poll()
    salesforce.change(1, desk.at(MINUTE))
    salesforce.next_told.append(told)

    asked_at = desk.posted.clock.now()
    failed = desk.poll()
    [seen] = [one for one in desk.posted.get("/api/sources") if one["source"] == "crm"]
    well = desk.poll()

    assert failed["fault"] == code
    assert failed["next_at"] - asked_at >= seconds * SECOND
    assert seen["asked"] == failed
    assert well["fault"] == ""
    assert desk.names("p1@example.com") == ["CRM Record Changed"]


def test_a_page_that_fails_loses_nothing_of_the_pages_before(
    desk: Desk, salesforce: Salesforce
) -> None:
    desk.poll()
    for number in range(4):
        salesforce.change(number, desk.at((9 - number) * MINUTE))
    answer = salesforce.answer

    def once(question: Question) -> Told:
        if "/query/" in question.path:
            desk.provider.answer = answer
            return Told(503, {})
        return answer(question)

    desk.provider.answer = once
    failed = desk.poll()
    half = [len(desk.names(f"p{number}@example.com")) for number in range(2)]
    desk.poll()

    assert failed["fault"] == "source.refused"
    assert half == [1, 1]
    assert [len(desk.names(f"p{number}@example.com")) for number in range(4)] == [1] * 4


def test_an_end_before_the_mark_is_written_doubles_nothing(
    desk: Desk, salesforce: Salesforce
) -> None:
    desk.poll()
    marks = desk.folder / "data" / "polls.json"
    before = marks.read_bytes()
    salesforce.change(1, desk.at(MINUTE))
    desk.poll()

    async def end_between_the_log_and_the_mark() -> None:
        await desk.posted.app.providers.stop()
        marks.write_bytes(before)
        desk.posted.app.providers.start()

    desk.posted.runner.run(end_between_the_log_and_the_mark())
    again = desk.poll()

    assert again["taken"] >= 1
    assert desk.names("p1@example.com") == ["CRM Record Changed"]


def test_a_wrong_secret_is_told_until_it_is_set_again(desk: Desk) -> None:
    put = desk.posted.app.secrets.put
    desk.posted.runner.run(put("SF_SECRET", "wrong", actor="a test"))
    failed = desk.poll()
    desk.posted.runner.run(put("SF_SECRET", "the-secret", actor="a test"))
    well = desk.poll()

    assert failed["fault"] == "account.dead"
    assert "wrong" not in json.dumps(failed)
    assert well["fault"] == ""


def test_a_source_that_is_polled_takes_no_calls(desk: Desk) -> None:
    answer = desk.posted.call("POST", "http://127.0.0.1/hooks/crm", {}, b"[]")

    assert (answer.status, answer.code) == (405, "method_not_allowed")


def test_hubspot_is_searched_by_when_contacts_were_changed(tmp_path: Path) -> None:
    contacts: list[dict[str, Any]] = [
        {"id": str(number), "updatedAt": "", "createdAt": "2020-01-01T00:00:00Z", "properties": {}}
        for number in range(3)
    ]

    def answer(question: Question) -> Told:
        if question.headers.get("authorization") != "Bearer pat-1":
            return Told(401, {"category": "INVALID_AUTHENTICATION"})
        search = json_of(question)
        begin = int(search.get("after", 0))
        body: dict[str, Any] = {"results": contacts[begin : begin + 2]}
        if begin + 2 < len(contacts):
            body["paging"] = {"next": {"after": str(begin + 2)}}
        return Told(200, body)

    provider = Provider(answer)
    settings = {"api": provider.url, "token": {"secret": "HS_TOKEN"}}
    desk = Desk(tmp_path, provider, "hubspot_contacts", settings)
    try:
        for number, contact in enumerate(contacts):
            contact["updatedAt"] = _plain(desk.at((5 - number) * MINUTE))
            contact["properties"] = {"email": f"h{number}@example.com"}
        asked = desk.poll()
        names = [desk.names(f"h{number}@example.com") for number in range(3)]
        search = json_of(provider.questions[-1])
    finally:
        desk.posted.close()
        provider.close()

    assert asked["fault"] == "", asked
    assert names == [["CRM Record Changed"]] * 3
    [condition] = search["filterGroups"][0]["filters"]
    assert condition["propertyName"] == "lastmodifieddate"
    assert condition["value"].isdigit()
    assert search["after"] == "2"


def test_any_api_that_lists_changes_is_polled_without_a_manifest(tmp_path: Path) -> None:
    def answer(question: Question) -> Told:
        changed = "2026-01-01T00:00:00Z"
        if question.query.get("cursor") == "p2":
            return Told(200, {"rows": [{"id": 2, "user_id": "bo", "updated_at": changed}]})
        rows = [{"id": 1, "user_id": "ana", "updated_at": changed}]
        return Told(200, {"rows": rows, "next_page": "p2"})

    provider = Provider(answer)
    settings = {"url": f"{provider.url}/things", "event": "Thing Changed", "items": "rows"}
    desk = Desk(tmp_path, provider, "http_poll", {**settings, "page": "cursor"})
    try:
        asked = desk.poll()
        names = [desk.names("ana"), desk.names("bo")]
        query = provider.questions[-2].query
    finally:
        desk.posted.close()
        provider.close()

    assert asked["fault"] == "", asked
    assert names == [["Thing Changed"]] * 2
    assert query.keys() == {"since"}
