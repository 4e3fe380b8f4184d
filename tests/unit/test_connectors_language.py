"""The language of manifests: shapes, functions, patterns, routes, exchanges and batches."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

import msgspec
import pytest

from legato.connectors.classify import classify
from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.batch.piece import Ready
from legato.connectors.exchange.exchange import Ask, Done, Refused, begin
from legato.connectors.exchange.scene import Choice
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import expr
from legato.connectors.language.frame import Frame
from legato.connectors.language.pattern import compile_pattern
from legato.connectors.language.value import MISSING, ExpressionError
from legato.connectors.settings import check_settings, compile_map
from legato.connectors.terms import Terms
from legato.model.instant import MINUTE, SECOND
from legato.model.wire import HttpRequest, Response
from tests.unit.connector_world import (
    TERMS,
    event_of,
    exchange_of,
    gather_of,
    manifest,
    packets_of,
    route,
    spec_of,
)
from tests.unit.lane_world import START

OK = Response(status=200, body=b"{}")
ROWS: list[dict[str, Any]] = [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}]


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"$switch": [{"when": "event.n == `1`", "then": "one"}], "default": "many"}, "one"),
        ({"$switch": [{"when": "event.n == `2`", "then": "two"}]}, MISSING),
        ({"$lookup": "event.k", "table": [{"from": "x", "to": "y"}]}, "y"),
        ({"$each": "=event.rows", "where": "item.tags", "do": "=item.id"}, [1]),
        ({"$each": "=event.rows", "as": "row", "do": {"i": "=index", "k": "=event.k"}},
         [{"i": 0, "k": "x"}, {"i": 1, "k": "x"}]),
        ({"$each": "=event.rows", "flat": True, "do": "=item.tags"}, ["a", "b"]),
        ({"$object": "=event.rows", "name": "r{{ item.id }}", "do": "=item.tags"},
         {"r1": ["a", "b"], "r2": []}),
        ({"$merge": ["=event.o", {"b": None}], "nulls": "drop"}, {"a": 1}),
        ({"$merge": ["=event.o", {"b": None}]}, {"a": 1, "b": None, "c": None}),
        ({"$concat": ["=event.rows[0].tags", "=event.missing", ["z"]]}, ["a", "b", "z"]),
        ({"$fields": "=event.o", "rename": {"a": "A"}, "nulls": "drop"}, {"A": 1, "b": ""}),
        ({"$fields": "=event.o", "rename": {"a": "A"}, "only": True}, {"A": 1}),
        ({"$fields": "=event.o", "only": ["c"]}, {"c": None}),
        ({"$fields": "=event.o", "drop_matching": "^[ab]$"}, {"c": None}),
        ({"$fields": "=event.deep", "flatten": "_"}, {"a_b": 1, "a_c_0": 2}),
        ({"$map_values": "=event.o", "name": "{{ key }}!", "do": "=value", "nulls": "drop"},
         {"a!": 1, "b!": ""}),
        ({"$map_values": "=event.o", "where": "key == 'a'"}, {"a": 1}),
        ({"$let": {"x": "=event.n", "y": "{{ x }}!"}, "in": "=y"}, "1!"),
        ({"$prune": "=event.o", "empty": "keep"}, {"a": 1, "b": ""}),
        ({"$prune": {"a": {"b": ""}}, "deep": False}, {"a": {"b": ""}}),
        ({"$none_if_empty": "=event.rows[1].tags"}, MISSING),
        ({"$one_or_many": "=event.rows[].id"}, [1, 2]),
        ({"$one_or_many": "=event.rows[0:1].id"}, 1),
        ({"a_{{ event.k }}": 1, "b_{{ event.missing }}": 2}, {"a_x": 1}),
    ],
)  # fmt: skip
def test_shapes_say_what_they_say(node: object, value: object) -> None:
    compiler = Compiler({"event": None}, [])
    event: dict[str, Any] = {
        "n": 1,
        "k": "x",
        "rows": ROWS,
        "o": {"a": 1, "b": "", "c": None},
        "deep": {"a": {"b": 1, "c": [2]}},
    }

    compiled = compiler.node(node, ())

    assert compiler.mistakes == []
    found = compiled.read(Frame({"event": event}))
    assert found is MISSING if value is MISSING else found == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("number('12.50')", 12.5),
        ("integer('12.9')", 12),
        ("boolean('Yes')", True),
        ("add('0.1', '0.2')", 0.3),
        ("minor('19.99')", 1999),
        ("money(`5`)", "5.00"),
        ("round(`2.5`)", 3),
        ("div(`1`, `0`)", MISSING),
        ("snake('orderCompleted At HTTPPage')", "order_completed_at_http_page"),
        ("camel('Order completed')", "orderCompleted"),
        ("split('a,b', ',')", ["a", "b"]),
        ("match('label [MG12]', '\\[([A-Z0-9]+)\\]', `1`)", "MG12"),
        ("replace_pattern('a1b2', '[0-9]', '')", "ab"),
        ("from_json('{\"a\": 1}').a", 1),
        ("from_json('no')", MISSING),
        ("epoch('2026-01-01T00:00:01Z')", 1767225601),
        ("epoch_ms(`1767225601`)", 1767225601000),
        ("epoch_us(`1767225601000`)", 1767225601000000),
        ("date('2026-03-02T10:00:00.5Z', '%d/%m/%Y %H:%M:%S.%L')", "02/03/2026 10:00:00.500"),
        ("epoch('Mon, 02 Mar 2026 10:00:00 GMT')", 1772445600),
        ("epoch('never')", MISSING),
        ("phone_e164('0151 23456789', 'DE')", "+4915123456789"),
        ("phone_e164('no')", MISSING),
        ("hashed(' Ana@X.com ', 'email')", hashlib.sha256(b"ana@x.com").hexdigest()),
        ("hashed('a.na+x@gmail.com', 'gmail')", hashlib.sha256(b"ana@gmail.com").hexdigest()),
        (f"hashed('{'A' * 64}', 'email')", "a" * 64),
        (f"digest('{'A' * 64}')", "a" * 64),
        ("digest('a')", hashlib.sha256(b"a").hexdigest()),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("md5('a', 'base64')", "DMF1ucDxtqgxw5niaXcmYQ=="),
        ("sha256('a', 'base64url')", "ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs"),
        ("hmac_sha256('a', 'k', 'base64')", "eNqRUR5nVYf1ud94vt669VYNoqu4gWLuh13N90SVHZ4="),
        ("uuid('python.org', 'dns')", "886313e1-3b8a-5372-9b90-0c9aee199e5d"),
        ("get(event.o, 'a.b')", 7),
        ("chunk(event.rows[].from, `1`)", [["a"], [""]]),
        ("chunk(range, `2`)[-1]", [3]),
        ("utc_offset('2026-07-01T00:00:00Z', 'Asia/Kolkata')", 19800),
        ("utc_offset('2026-07-01T00:00:00Z', 'Europe/Rome')", 7200),
        ("utc_offset('2026-07-01T00:00:00Z', 'Atlantis')", MISSING),
        ("flatten(event, '.[]').\"rows[0].from\"", "a"),
        ("epochs({a: ['2026-01-01T00:00:01Z', 'x']}).a", [1767225601, "x"]),
        ("contains(event.missing, 'a')", MISSING),
        ("from_pairs(event.rows, 'from', 'to')", {"a": "b"}),
        ("event.o.a.b > `3`", True),
        ("event.o.a > `3`", MISSING),
        ("url_part('https://a.example/b?c=d', 'host')", "a.example"),
        ("query('https://a.example/b?c=d', 'c')", "d"),
    ],
)
def test_functions_say_what_they_say(text: str, value: object) -> None:
    event = {"o": {"a": {"b": 7}}, "rows": [{"from": "a", "to": "b"}, {"from": "", "to": ""}]}

    found = expr(text).read(Frame({"event": event, "range": [1, 2, 3]}))

    assert found is MISSING if value is MISSING else found == value
    assert isinstance(found, bool) == isinstance(value, bool)


_CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/119.0.6045.105"
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15"
    " Version/17.1 Mobile/15E148 Safari/604.1"
)
_TABLET = "Mozilla/5.0 (Linux; Android 12; SM-T970) AppleWebKit/537.36 Chrome/119.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (
            _CHROME,
            {
                "browser": "Chrome",
                "browser_version": "119.0.6045.105",
                "os": "Windows",
                "os_version": "10",
            },
        ),
        (
            _IPHONE,
            {
                "browser": "Mobile Safari",
                "browser_version": "17.1",
                "os": "iOS",
                "os_version": "17.1",
                "device": "iPhone",
                "brand": "Apple",
                "model": "iPhone",
            },
        ),
        ("no browser at all", MISSING),
        ("", MISSING),
        (7, MISSING),
        (None, MISSING),
    ],
)
def test_a_user_agent_says_browser_system_and_device(agent: object, says: object) -> None:
    found = expr("user_agent(event.agent)").read(Frame({"event": {"agent": agent}}))

    assert found is MISSING if says is MISSING else found == says


def test_a_brand_that_is_nobodys_is_left_out() -> None:
    found = expr("[user_agent(event.agent).model, user_agent(event.agent).brand]").read(
        Frame({"event": {"agent": _TABLET}})
    )

    assert found == ["SM-T970", None]


def test_of_an_endless_user_agent_only_the_beginning_is_read() -> None:
    frame = Frame({"event": {"agent": "x" * 1_000 + _CHROME}})

    assert expr("user_agent(event.agent)").read(frame) is MISSING


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("event.n == 1", "backticks"),
        ("event.a && !event.b.c", "!(a.b)"),
        ("nothing_like_it(event.a)", "no function"),
        ("matches(event.a, event.b)", "in quotes"),
        ("matches(event.a, '(a+)+$')", "repeat what repeats"),
        ("matches(event.a, '(?=a)b')", "looking around"),
        ("matches(event.a, '(a)\\1')", "reference back"),
        ("matches(event.a, '(')", "no regular expression"),
        ("event.a[::0]", "never by 0"),
    ],
)
def test_traps_are_refused_when_a_manifest_is_loaded(text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=r".*") as raised:
        expr(text)

    assert says in f"{raised.value}: {raised.value.fix}"


@pytest.mark.parametrize("text", ["sha256('a', 'octal')", "chunk(range, `0`)"])
def test_a_function_that_cannot_work_on_a_value_says_so(text: str) -> None:
    with pytest.raises(ExpressionError):
        expr(text).read(Frame({"range": [1]}))


def test_a_text_that_would_stall_a_pattern_is_refused_at_once() -> None:
    pattern = compile_pattern("a*b*c*d$")

    assert pattern.search("aabbccd") is not None
    with pytest.raises(ExpressionError):
        pattern.search("a" * 5_000)


def test_what_nobody_reads_is_never_worked_out() -> None:
    asked: list[str] = []

    def note(scope: object) -> int:
        del scope
        asked.append("x")
        return 1

    frame = Frame({}, {"x": note, "y": lambda scope: scope["x"]})

    assert asked == []
    assert [frame["y"], frame["x"]] == [1, 1]
    assert asked == ["x"]


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        ([route(), route()], "nothing can reach this"),
        ([route(types=["track"]), route(types=["track"], events=["A"])], "nothing can reach"),
        ([route(types=["tracks"])], "track"),
        ([route(let={"event": 1})], "taken"),
        ([route(request={"url": "https://a.example/{{ settings.key }}"})], "secret"),
        ([route(ignore={"when": "event.a"})], "because"),
        ([route(inputs={"a": {"pii": "phone"}})], "phone"),
        ([route(request={"url": "https://a.example", "body": "=hashed(event.a, 'phone')"})],
         "not declared"),
        ([route(lookup={"request": {"url": "https://a.example"}})], "as: contact"),
        ([route(requests=[])], "one `request`"),
        ([route(when="=in.a")], "no `in`"),
    ],
)  # fmt: skip
def test_mistakes_of_routes_are_told(routes: list[Any], says: str) -> None:
    found = compile_manifest(manifest(routes=routes)).mistakes

    assert any(says in str(mistake) for mistake in found), found


def test_a_conformance_that_leaves_out_says_why() -> None:
    given = manifest(conformance={"ignore": [{"path": "body.x"}]})

    [mistake] = compile_manifest(given).mistakes

    assert "left out" in mistake.what


def test_the_first_route_that_fits_takes_an_event() -> None:
    routes = [
        route(id="a", events=["A"], request={"url": "https://a.example/a"}),
        route(id="b", types=["track"], when="=event.big", request={"url": "https://a.example/b"}),
        route(id="c", types=["track"], request={"url": "https://a.example/c"}),
    ]
    urls: list[str] = []
    events: tuple[dict[str, Any], ...] = ({"event": "A"}, {"event": "a "}, {"big": 1}, {})
    for event in events:
        ask = exchange_of(manifest(routes=routes), None, **{"type": "track", **event}).next()
        assert isinstance(ask, Ask)
        urls.append(http(ask).url)

    assert [url[-1] for url in urls] == ["a", "a", "b", "c"]
    assert isinstance(exchange_of(manifest(routes=routes), type="page").next(), Refused)
    shouted = exchange_of(manifest(routes=routes), type="Track").next()
    assert isinstance(shouted, Ask)
    assert http(shouted).url == "https://a.example/c"


def test_routes_that_go_on_let_the_next_take_it_too() -> None:
    routes = [
        {**route(id="a", request={"url": "https://a.example/a"}), "continue": True},
        route(id="b", request={"url": "https://a.example/b"}),
    ]
    exchange = exchange_of(manifest(routes=routes), type="track")

    first, second, end = exchange.next(), exchange.next(OK), exchange.next(OK)

    assert isinstance(first, Ask)
    assert isinstance(second, Ask)
    assert [http(first).url[-1], http(second).url[-1]] == ["a", "b"]
    assert isinstance(end, Done)
    assert end.made == 2


def test_nothing_is_sent_when_anything_is_refused() -> None:
    routes = [
        {**route(), "continue": True},
        route(require=[{"that": "=event.x", "else": "there is no x"}]),
    ]

    refused = exchange_of(manifest(routes=routes), type="track").next()

    assert isinstance(refused, Refused)
    assert refused.reason.what == "there is no x"


def test_what_is_ignored_has_its_own_reason() -> None:
    routes = [route(ignore={"when": "event.test", "because": "it is a test"})]

    refused = exchange_of(manifest(routes=routes), type="track", test=True).next()

    assert isinstance(refused, Refused)
    assert (refused.reason.code, refused.reason.what) == ("render.ignored", "it is a test")


def test_a_customer_maps_an_input_otherwise() -> None:
    spec = spec_of(manifest())
    own, mistakes = compile_map(spec, {"map": {"email": "=event.properties.mail"}})
    terms = Terms(settings={}, timeout=SECOND, inputs=own)

    ask = begin(spec, event_of(properties={"mail": "m"}), terms=terms, now=START).next()

    assert mistakes == ()
    assert isinstance(ask, Ask)
    assert http(ask).body == b'{"email":"m"}'
    assert "no input `mail`" in str(check_settings(spec, {"map": {"mail": "x"}})[0])


STEPS: dict[str, Any] = {
    "on": "event",
    "lookup": {
        "as": "contact",
        "request": {"method": "GET", "url": "https://a.example/c", "params": {"e": "=event.email"}},
        "select": "=body.id",
        "absent": [404],
        "cache": {"key": "=event.email", "ttl": "1h", "negative": "1m"},
    },
    "requests": [
        {"when": "=!(contact)", "url": "https://a.example/new", "as": "made"},
        {
            "for_each": "=event.lists",
            "url": "https://a.example/lists/{{ item }}/{{ contact || made.body.id }}",
        },
    ],
}


def http(ask: Ask) -> HttpRequest:
    assert isinstance(ask.request, HttpRequest)
    return ask.request


def test_an_answer_feeds_the_requests_after_it() -> None:
    exchange = exchange_of(manifest(routes=[STEPS]), email="e", lists=["x", "y"])
    asked: list[str] = []

    step = exchange.next()
    for answer in (
        Response(status=404),
        Response(status=201, body=b'{"id": 7}'),
        OK,
        Response(status=200, body=b"{}"),
    ):
        assert isinstance(step, Ask)
        asked.append(http(step).url.removeprefix("https://a.example"))
        step = exchange.next(answer)

    assert asked == ["/c?e=e", "/new", "/lists/x/7", "/lists/y/7"]
    assert isinstance(step, Done)
    assert step.verdict.kind == "accepted"


def test_what_was_found_may_be_remembered_and_so_may_that_there_is_none() -> None:
    ask = exchange_of(manifest(routes=[STEPS]), email="e", lists=[]).next()

    assert isinstance(ask, Ask)
    assert ask.question is not None
    assert ask.question.key == "contact:e"
    assert ask.question.keep_for(Response(status=404)) == MINUTE
    assert ask.question.keep_for(Response(status=200, body=b'{"id": 7}')) == 60 * MINUTE
    assert ask.question.keep_for(Response(status=200, body=b"{}")) == MINUTE
    assert ask.question.keep_for(Response(status=500)) == 0


def test_an_answer_that_is_no_success_ends_it() -> None:
    exchange = exchange_of(manifest(routes=[STEPS]), email="e", lists=["x"])
    exchange.next()

    done = exchange.next(Response(status=503))

    assert isinstance(done, Done)
    assert (done.verdict.kind, done.made) == ("retry", 0)


def test_a_route_is_taken_by_its_name_with_inputs_given() -> None:
    routes = [route(), route(id="upsert", named=True, inputs={"a": {"required": True}},
                             request={"url": "https://a.example/{{ in.a }}"})]  # fmt: skip
    asked = exchange_of(manifest(routes=routes), Choice("upsert", {"a": "b"}), type="track").next()
    refused = exchange_of(manifest(routes=routes), Choice("upsert", {}), type="track").next()

    assert isinstance(asked, Ask)
    assert http(asked).url == "https://a.example/b"
    assert isinstance(refused, Refused)


def test_deliveries_travel_together_as_far_as_the_provider_takes_them() -> None:
    batch = {"items": 2, "merge": ["data.rows"]}
    body = {"kind": "=event.kind", "data": {"rows": [{"n": "=event.n"}]}}
    given = manifest(
        routes=[route(batch=batch, request={"url": "https://a.example/b", "body": body})]
    )

    made = packets_of(given, [{"n": n, "kind": kind} for n, kind in enumerate("aabaa")])

    told = [(one.members, msgspec.json.decode(one.request.body)) for one in made]
    assert told == [
        ((0, 1), {"kind": "a", "data": {"rows": [{"n": 0}, {"n": 1}]}}),
        ((3, 4), {"kind": "a", "data": {"rows": [{"n": 3}, {"n": 4}]}}),
        ((2,), {"kind": "b", "data": {"rows": [{"n": 2}]}}),
    ]


def test_a_batch_may_have_a_request_of_its_own() -> None:
    batch = {
        "items": 10,
        "each": {"id": "=event.n"},
        "request": {"url": "https://a.example/bulk", "format": "ndjson", "body": "=items"},
    }

    [made] = packets_of(manifest(routes=[route(batch=batch)]), [{"n": 1}, {"n": 2}])

    assert made.request.url == "https://a.example/bulk"
    assert made.request.body == b'{"id":1}\n{"id":2}\n'


def test_a_question_is_asked_for_a_batch_or_left_out_of_it() -> None:
    lookup = {
        "as": "made",
        "request": {"url": "https://a.example/new", "body": "=event"},
        "select": "=body.id",
        "accept": [409],
    }
    request = {"url": "https://a.example/bulk", "body": "=items"}
    batch = {"items": 10, "each": {"n": "=event.n", "id": "=made"}, "request": request}

    asking = gather_of(manifest(routes=[route(lookup=lookup, batch=batch)]), n=1)
    ask, ready = asking.next(), asking.next(Response(status=409, body=b'{"id": 7}'))
    silent = gather_of(manifest(routes=[route(lookup=lookup, batch={**batch, "asks": False})]), n=1)

    assert isinstance(ask, Ask)
    assert isinstance(ready, Ready)
    assert [piece.item for piece in ready.pieces or ()] == [{"n": 1, "id": 7}]
    left_out = silent.next()
    assert isinstance(left_out, Ready)
    assert [piece.item for piece in left_out.pieces or ()] == [{"n": 1}]


def test_a_question_may_be_all_there_is_to_do() -> None:
    lookup = {"as": "made", "request": {"url": "https://a.example/new", "body": "=event"}}
    requests = [{"when": "=made.is_old", "url": "https://a.example/old"}]
    routes = [{"on": "event", "lookup": lookup, "requests": requests}]
    exchange = exchange_of(manifest(routes=routes), type="track")
    exchange.next()

    done = exchange.next(OK)

    assert isinstance(done, Done)
    assert (done.verdict.kind, done.made) == ("accepted", 0)


@pytest.mark.parametrize("body", ["=event.e", "=hashed(event.e, 'email')"])
def test_who_may_have_digests_only_is_given_no_address(body: str) -> None:
    request = {"url": "https://a.example/x", "body": body}
    spec = spec_of(manifest(category="ads", routes=[route(request=request)]))
    told = msgspec.structs.replace(event_of(e="Ana@example.org"), address="ana@example.org")

    step = begin(spec, told, terms=TERMS, now=START).next()

    assert isinstance(step, Refused) is (body == "=event.e")


def test_a_batch_is_kept_under_the_bytes_a_provider_takes() -> None:
    given = manifest(routes=[route(batch={"items": 10, "bytes": 30})])

    made = packets_of(given, [{"n": "x" * 10}, {"n": "y" * 10}])

    assert [one.members for one in made] == [(0,), (1,)]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("form", b"a=1&b=x&b=y"),
        ("xml", b"<a>1</a><b>x</b><b>y</b>"),
        ("json_array", b'[{"a":1,"b":["x","y"]}]'),
        ("raw", b'{"a":1,"b":["x","y"]}'),
        ("none", b""),
    ],
)  # fmt: skip
def test_a_body_is_written_as_it_is_asked_for(form: str, body: bytes) -> None:
    request = {"url": "https://a.example", "format": form, "body": {"a": 1, "b": ["x", "y"]}}

    ask = exchange_of(manifest(routes=[route(request=request)])).next()

    assert isinstance(ask, Ask)
    assert http(ask).body == body


def test_a_packed_body_is_the_same_whenever_it_is_packed() -> None:
    request = {"url": "https://a.example", "format": "json_gzip", "body": {"a": 1}}

    ask = exchange_of(manifest(routes=[route(request=request)])).next()

    assert isinstance(ask, Ask)
    assert gzip.decompress(http(ask).body) == b'{"a":1}'
    assert http(ask).headers["Content-Encoding"] == "gzip"


DELIVERY = {
    "success": ["200-299"],
    "abort": {"status": [200], "when": "body.ok == `false`"},
    "withdrawn": {"status": [400], "when": "body.code == `21610`"},
    "refresh": {"status": [401], "when": "contains(body.why, 'expired')"},
    "dead": {"status": [401], "when": "contains(body.why, 'revoked')"},
    "partial": {"many": "body.errors", "index": "item.at", "why": "item.why",
                "retry": "item.code == `503`"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "kind", "account"),
    [
        (200, {}, "accepted", ""),
        (200, {"ok": False}, "failed", ""),
        (401, {"why": "token expired"}, "retry", "refresh"),
        (401, {"why": "token revoked"}, "retry", "dead"),
        (401, {}, "retry", ""),
        (400, {"code": 21610}, "bounced", ""),
    ],
)
def test_an_answer_is_read_by_its_body(status: int, body: object, kind: str, account: str) -> None:
    spec = spec_of(manifest(delivery=DELIVERY))
    response = Response(status=status, body=msgspec.json.encode(body))

    verdict = classify(spec, response, START)

    assert (verdict.kind, verdict.account) == (kind, account)
    assert verdict.is_withdrawn is (status == 400)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90", 90),
        ("Mon, 02 Mar 2026 10:01:30 GMT", 90),
        ("1772445690", 90),
        ("1772445690000", 90),
        ("1772445000", 0),
        ("9999999999", 24 * 3_600),
        ("soon", None),
    ],
)
def test_when_to_come_again_is_read_however_it_is_said(said: str, seconds: int | None) -> None:
    spec = spec_of(manifest(delivery={"throttle": {"status": [429], "after": 'header."x-reset"'}}))
    now = 1_772_445_600 * SECOND

    verdict = classify(spec, Response(status=429, headers={"x-reset": said}), now)

    assert verdict.after == (None if seconds is None else seconds * SECOND)


def test_items_that_a_batch_failed_for_are_told_one_by_one() -> None:
    spec = spec_of(manifest(delivery=DELIVERY))
    errors = [{"at": 1, "why": "bad", "code": 400}, {"at": 3, "why": "busy", "code": 503}]
    response = Response(status=200, body=msgspec.json.encode({"errors": errors}))

    items = classify(spec, response, START).items

    assert [(one.index, one.kind) for one in items] == [(1, "failed"), (3, "retry")]
