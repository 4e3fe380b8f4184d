"""Requests of all operations: accounts of their own, steps that may fail, bodies, wide batches."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.connectors.accounts import with_account
from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.exchange import Ask, Done, Exchange, begin
from legato.connectors.language.value import Value
from legato.connectors.terms import Terms
from legato.model.delivery import Operation
from legato.model.instant import SECOND
from legato.model.wire import HttpRequest, Response
from tests.unit.connector_world import (
    TERMS,
    event_of,
    exchange_of,
    manifest,
    packets_of,
    route,
    spec_of,
)
from tests.unit.lane_world import START

KEYED = {"kind": "bearer", "token": "=settings.key"}
KEYS = Terms(settings={"key": "secret"}, timeout=SECOND)


def asked(step: object) -> HttpRequest:
    assert isinstance(step, Ask), step
    assert isinstance(step.request, HttpRequest)
    return step.request


def sent(given: dict[str, Any], terms: Terms = TERMS, **event: Value) -> HttpRequest:
    return asked(begin(spec_of(given), event_of(**event), terms=terms, now=START).next())


def answer(status: int = 200, **body: Value) -> Response:
    return Response(status=status, body=msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("changes", "authorization"),
    [
        ({}, "Bearer secret"),
        ({"headers": {"authorization": "Own {{ event.id }}"}}, "Own 7"),
        ({"auth": "none"}, ""),
        ({"auth": {"kind": "basic", "username": "me", "password": "=settings.key"}},
         "Basic bWU6c2VjcmV0"),
    ],
)  # fmt: skip
def test_a_request_may_prove_itself_otherwise(changes: dict[str, Any], authorization: str) -> None:
    request = {"url": "https://a.example/x", **changes}

    made = sent(manifest(auth=KEYED, routes=[route(request=request)]), KEYS, id=7)

    named = {name.lower(): value for name, value in made.headers.items()}
    assert named.get("authorization", "") == authorization


ACCOUNTS: dict[str, Any] = {
    "settings": {
        "login": {"type": "string", "enum": ["key", "user"], "default": "key"},
        "key": {"type": "string", "secret": True},
    },
    "auth": {
        "$switch": [
            {
                "when": "settings.login == 'user'",
                "then": {"kind": "basic", "username": "u", "password": "=settings.key"},
            }
        ],
        "default": KEYED,
    },
}


@pytest.mark.parametrize(("login", "kind"), [("key", "bearer"), ("user", "basic")])
def test_a_setting_chooses_the_kind_of_account(login: str, kind: str) -> None:
    spec = with_account(spec_of(manifest(**ACCOUNTS)), {"login": login, "key": {"secret": "K"}})

    made = asked(begin(spec, event_of(), terms=KEYS, now=START).next())

    assert spec.auth.kind == kind
    assert made.headers["Authorization"].lower().startswith(kind)


STEPS = [
    {"method": "PATCH", "url": "https://a.example/p/1", "as": "patch", "accept": [404]},
    {"when": "=patch.status == `404`", "url": "https://a.example/p", "body": {"id": 1}},
]


@pytest.mark.parametrize(
    ("statuses", "urls", "kind"),
    [
        ([200], ["/p/1"], "accepted"),
        ([404, 200], ["/p/1", "/p"], "accepted"),
        ([404, 400], ["/p/1", "/p"], "failed"),
        ([409], ["/p/1"], "failed"),
    ],
)
def test_an_answer_that_is_no_success_may_lead_on(
    statuses: list[int], urls: list[str], kind: str
) -> None:
    exchange = exchange_of(manifest(routes=[{"on": "event", "requests": STEPS}]))

    step, seen, keys = exchange.next(), list[str](), list[str]()
    for status in statuses:
        made = asked(step)
        seen.append(made.url.removeprefix("https://a.example"))
        keys.append(made.headers["Idempotency-Key"])
        step = exchange.next(answer(status))

    assert seen == urls
    assert len(set(keys)) == len(keys)  # the provider must not take one for the other
    assert isinstance(step, Done)
    assert step.verdict.kind == kind


@pytest.mark.parametrize("operation", ["erase", "send", "opt_out", "audience_remove", "call"])
def test_any_operation_may_search_first_and_send_several(operation: Operation) -> None:
    given = manifest(
        routes=[
            {
                "on": operation,
                "inputs": {"email": {"pii": "email"}},
                "lookup": {
                    "as": "found",
                    "request": {
                        "method": "GET",
                        "url": "https://a.example/s",
                        "params": {"q": "=in.email"},
                    },
                    "select": "=body.ids",
                },
                "requests": [
                    {
                        "for_each": "=found",
                        "method": "DELETE",
                        "url": "https://a.example/{{ item }}",
                    },
                    {"url": "https://a.example/done", "body": {"count": "=length(found)"}},
                ],
            }
        ]
    )
    delivery = msgspec.structs.replace(event_of(email="a@b.c"), operation=operation)
    exchange: Exchange = begin(spec_of(given), delivery, terms=TERMS, now=START)

    urls = [asked(exchange.next()).url]
    step = exchange.next(answer(ids=[4, 5]))
    while isinstance(step, Ask):
        urls.append(asked(step).url)
        step = exchange.next(answer())

    assert [url.removeprefix("https://a.example/") for url in urls] == [
        "s?q=a%40b.c",
        "4",
        "5",
        "done",
    ]
    assert isinstance(step, Done)
    assert step.made == 3


def test_rows_are_written_as_csv() -> None:
    body = [{"id": 1, "name": 'A "B"'}, {"id": 2, "tags": ["x"]}]
    request = {"url": "https://a.example", "format": "csv", "body": body}

    made = sent(manifest(routes=[route(request=request)]))

    assert made.body.decode() == 'id,name,tags\r\n1,"A ""B""",\r\n2,,"[""x""]"\r\n'
    assert made.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_a_file_travels_in_a_form() -> None:
    file = {"filename": 'a"\r\n.csv', "content": "id\r\n1", "type": "text/csv"}
    request = {
        "url": "https://a.example",
        "format": "multipart",
        "body": {"name": "list", "tags": ["x", "y"], "file": file},
    }

    made, again = (sent(manifest(routes=[route(request=request)])) for _ in range(2))

    kind, _, boundary = made.headers["Content-Type"].partition("; boundary=")
    head, *parts, end = made.body.decode().split(f"--{boundary}")
    assert (kind, head, end) == ("multipart/form-data", "", "--\r\n")
    assert parts[0] == '\r\nContent-Disposition: form-data; name="name"\r\n\r\nlist\r\n'
    assert [part.rsplit("\r\n\r\n", 1)[1] for part in parts[1:3]] == ["x\r\n", "y\r\n"]
    assert 'filename="a%22%0D%0A.csv"\r\nContent-Type: text/csv\r\n\r\nid\r\n1' in parts[3]
    assert again.body == made.body


def test_a_text_of_the_settings_is_filled_with_what_the_manifest_offers() -> None:
    text = {"$fill": "=settings.text", "with": {"name": "=event.name", "properties": "=event.p"}}
    given = manifest(
        settings={"text": {"default": "{{name}} took {{ properties.n }}{{secret}} {{#if}}"}},
        routes=[route(request={"url": "https://a.example", "format": "raw", "body": text})],
    )
    terms = Terms(
        settings={"text": "{{name}} took {{ properties.n }}{{key}} {{#if}}"}, timeout=SECOND
    )

    assert sent(given, terms, name="Ana", p={"n": 2}).body == b"Ana took 2 {{#if}}"


BULK = {"url": "https://a.example/bulk", "body": {"requests": "=items"}}


def test_requests_of_several_routes_and_methods_travel_together_by_their_key() -> None:
    item = {"do": "{{ request.method }} {{ request.url }}", "with": "=request.body"}
    batch = {"items": 10, "across": True, "key": "=event.shop", "request": BULK, "each": item}
    url = "https://a.example/{{ event.id }}"
    routes: list[dict[str, Any]] = [
        route(types=["track"], batch=batch, request={"url": url, "body": {"n": 1}}),
        {
            "on": "event",
            "batch": batch,
            "requests": [
                {"method": "PUT", "url": url, "body": {"n": 2}},
                {"method": "DELETE", "url": f"{url}/old"},
            ],
        },
    ]
    events = [
        {"type": kind, "id": at, "shop": shop}
        for at, (kind, shop) in enumerate([("track", "a"), ("identify", "a"), ("track", "b")])
    ]

    made = packets_of(manifest(routes=routes), events)

    told = [(one.members, msgspec.json.decode(one.request.body)["requests"]) for one in made]
    assert told == [
        (
            (0, 1, 1),
            [
                {"do": "POST https://a.example/0", "with": {"n": 1}},
                {"do": "PUT https://a.example/1", "with": {"n": 2}},
                {"do": "DELETE https://a.example/1/old"},
            ],
        ),
        ((2,), [{"do": "POST https://a.example/2", "with": {"n": 1}}]),
    ]


def test_each_request_of_a_route_travels_with_those_like_it() -> None:
    requests = [
        {"url": "https://a.example/people", "body": [{"id": "=event.n"}]},
        {"url": "https://a.example/events", "body": [{"n": "=event.n"}]},
    ]
    given = manifest(routes=[{"on": "event", "requests": requests, "batch": {"items": 9}}])

    made = packets_of(given, [{"n": 1}, {"n": 2}])

    assert [(one.members, one.request.url[18:], one.request.body) for one in made] == [
        ((0, 1), "people", b'[{"id":1},{"id":2}]'),
        ((0, 1), "events", b'[{"n":1},{"n":2}]'),
    ]


def test_lists_of_several_routes_travel_together_and_a_request_may_stay_alone() -> None:
    batch = {"items": 10, "across": True, "merge": ["people"]}
    joining = {"url": "https://a.example/join", "body": {"people": ["=event.id"]}}
    routes: list[dict[str, Any]] = [
        route(types=["group"], batch=batch, request=joining),
        {
            "on": "event",
            "batch": batch,
            "requests": [
                {"url": "https://a.example/people", "alone": True, "body": {"id": "=event.id"}},
                joining,
            ],
        },
    ]
    events = [{"type": "identify", "id": 0}, {"type": "identify", "id": 1}]

    made = packets_of(manifest(routes=routes), [*events, {"type": "group", "id": 2}])

    told = [(one.members, msgspec.json.decode(one.request.body)) for one in made]
    assert told == [
        ((0,), {"id": 0}),
        ((0, 1, 2), {"people": [0, 1, 2]}),
        ((1,), {"id": 1}),
    ]
    keys = [one.request.headers["Idempotency-Key"] for one in made]
    assert len(dict.fromkeys(keys)) == len(keys)


def test_too_few_for_a_batch_are_sent_each_by_itself() -> None:
    own = {"url": "https://a.example/one", "body": "=event.id"}
    batch = {"items": 3, "least": 3, "request": BULK, "each": "=request.body"}

    made = packets_of(
        manifest(routes=[route(batch=batch, request=own)]), [{"id": at} for at in range(5)]
    )

    told = [(one.members, one.request.url, msgspec.json.decode(one.request.body)) for one in made]
    assert told == [
        ((0, 1, 2), "https://a.example/bulk", {"requests": [0, 1, 2]}),
        ((3,), "https://a.example/one", 3),
        ((4,), "https://a.example/one", 4),
    ]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"auth": {**KEYED, "kind": "oauth2"}}, "auth"),
    ({"routes": [route(request={"url": "https://a.example", "auth": "some"})]}, "mapping"),
    ({"routes": [route(request={"url": "https://a.example",
                                "auth": {"kind": "oauth2", "grant": "refresh_token",
                                         "token_url": "https://a.example"}})]},
     "no token of its own"),
    ({"auth": {"$switch": [{"when": "settings.key == 'a'", "then": KEYED}]}},
     "a secret would choose"),
    ({"routes": [route(request={"url": "https://a.example", "accept": ["4xx"]})]}, "no status"),
    ({"routes": [route(lookup={"as": "a", "request": {"url": "https://a.example",
                                                      "accept": [404]}})]}, "beside"),
    ({"routes": [route(batch={"across": True})]}, "Add `merge:` or `request:`"),
    ({"routes": [route(batch={"least": 2, "merge": ["a"]})]}, "each by its own request"),
    ({"routes": [{"on": "event", "batch": {}, "requests": STEPS}]},
     "cannot wait for the answer `patch`"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "says"), WRONG)
def test_what_cannot_be_done_is_told_when_it_is_loaded(changes: dict[str, Any], says: str) -> None:
    mistakes = compile_manifest(manifest(**changes)).mistakes

    assert any(says in str(one) for one in mistakes), mistakes
