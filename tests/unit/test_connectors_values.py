"""What values and inputs of manifests may be made of, and which mistakes are told at load."""

from __future__ import annotations

from typing import Any

import pytest

from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.exchange import Ask, Refused
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import Value
from legato.connectors.verify.score import score
from legato.connectors.verify.vector import Vector
from legato.model.wire import HttpRequest
from legato.plan.connector import read_connector
from tests.unit.connector_world import exchange_of, manifest, route, spec_of

ROWS = [{"id": 1}, {"id": 2}]


def value_of(node: Value) -> Value:
    compiler = Compiler({"event": None}, [])
    compiled = compiler.node(node, ("x",))
    assert compiler.mistakes == []
    return compiled.read(Frame({"event": {"rows": ROWS, "o": {"a": 1, "b": 2}, "none": None}}))


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"$each": {"$concat": ["=event.rows", [{"id": 3}]]}, "do": "=item.id"}, [1, 2, 3]),
        ({"$object": {"$first": ["=event.no", "=event.rows"]}, "as": "row",
          "name": "n{{ row.id }}", "do": "=row.id"}, {"n1": 1, "n2": 2}),
        ({"$map_values": {"$merge": ["=event.o", {"c": 3}]}, "do": "=text(value)"},
         {"a": "1", "b": "2", "c": "3"}),
        ({"$lookup": {"$first": ["=event.no", "a"]}, "table": "=event.o"}, 1),
        ("=flatten(`{}`)", {}),
        ('=flatten(`{"a": {}}`)', {"a": {}}),
        ("=pick(event.o, event.none)", {}),
        ("=omit(event.o, event.none)", {"a": 1, "b": 2}),
        ("=pick(event.o, ['a'])", {"a": 1}),
        # PHP writes an object with nothing in it as an empty list.
        ("=merge(event.o, `[]`)", {"a": 1, "b": 2}),
        ("=omit(`[]`, ['a'])", {}),
        # A day in eight digits is no number of seconds, of 1970.
        ("=date('19960229', '%Y-%m-%d')", "1996-02-29"),
        ("=normal('19960229', 'birthday')", "19960229"),
        ("=normal('02291996', 'birthday')", "02291996"),
        ("=normal('1996-02-29', 'birthday')", "19960229"),
        ("=epoch('19960229000')", 19_960_229_000),
        # Meta: no spaces and no dash, of the United States five digits; what is numbered stays so.
        ("=normal('94035-1234', 'zip')", "94035"),
        ("=normal('123-4567', 'zip')", "1234567"),
        ("=normal('SW1A 1AA', 'zip')", "sw1a1aa"),
        ("=normal('6th of October', 'city')", "6thofoctober"),
        ("=normal('St. Louis', 'city')", "stlouis"),
    ],
)  # fmt: skip
def test_shapes_are_about_any_value(node: object, value: object) -> None:
    assert value_of(node) == value


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"let": {"a": "event.userId"}}, "Write `=event.userId`"),
        ({"let": {"a": "=event.x", "b": "a"}}, "Write `=a`"),
        ({"let": {"a": "lower(event.x)"}}, "never looked up"),
        ({"routes": [route(when="'always'")]}, "always the same"),
        ({"routes": [route(require={"that": "`true`", "else": "no"})]}, "always the same"),
        ({"routes": [route(request={"url": "https://a.example", "body": {"a": "event.x"}})]},
         "Write `=event.x`"),
        ({"routes": [route(request={"url": "https://a.example",
                                    "body": {"$if": "'x'", "then": 1}})]}, "always the same"),
        ({"delivery": {"abort": {"status": [200], "when": "'body.failed'"}}}, "always the same"),
        ({"routes": [route(inputs={"n": {"type": "integer", "default": "one"}})]},
         "the default is not of type integer"),
        ({"routes": [route(inputs={"a": {"from": "=b"}}, let={"b": "=in.a"})]}, "known later"),
        ({"routes": [route(inputs={"a": {"default": "=found"}},
                           lookup={"as": "found", "request": {"url": "https://a.example"}})]},
         "known later"),
        ({"conformance": {"constants": {"nobody": 1}}}, "no `let` named `nobody`"),
        ({"let": {"a": 1}, "conformance": {"constants": {"rs/ruoter/": {"a": 2}}}},
         "Did you mean `router`?"),
        ({"conformance": {"segment": {"track": "elsewhere"}}}, "has the id `elsewhere`"),
        ({"conformance": {"segment": {"track": {"route": "any", "names": {"a": "mail"}}}}},
         "Did you mean `email`?"),
        ({"conformance": {"answers": {"nobody": {}}}}, "no `nobody`"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_what_would_be_right(changes: dict[str, Any], says: str) -> None:
    found = compile_manifest(manifest(**changes)).mistakes

    assert len(found) == 1, found
    assert says in str(found[0])


def test_a_text_that_looks_like_an_expression_can_be_meant() -> None:
    body = {"path": {"$literal": "event.x"}}
    routes = [route(request={"url": "https://a.example/x", "body": body})]

    asked = exchange_of(manifest(routes=routes)).next()

    assert isinstance(asked, Ask)
    assert isinstance(asked.request, HttpRequest)
    assert asked.request.body == b'{"path":"event.x"}'


def test_an_input_is_made_of_its_routes_own_names() -> None:
    given = route(
        inputs={
            "who": {"from": "=id"},
            "at": {"type": "integer", "default": "=epoch(event.at)"},
            "tags": {"type": "array", "default": {"$concat": ["=settings.none", "new"]}},
            "plan": {"default": "free"},
        },
        let={"id": "{{ event.type }}-{{ event.id }}", "greeting": "=join(' ', ['hi', in.who])"},
        request={"url": "https://a.example/x", "body": {"in": "=in", "hi": "=greeting"}},
    )
    settings = {"none": {"type": "array"}}

    asked = exchange_of(
        manifest(routes=[given], settings=settings), type="track", id=7, at="2026-01-01T00:00:00Z"
    ).next()

    assert isinstance(asked, Ask)
    assert isinstance(asked.request, HttpRequest)
    assert asked.request.body == (
        b'{"in":{"who":"track-7","at":1767225600,"tags":["new"],"plan":"free"},"hi":"hi track-7"}'
    )


def test_an_input_that_is_an_object_may_be_an_empty_list_of_php() -> None:
    given = route(
        inputs={"o": {"type": "object", "from": "=event.traits", "default": {"a": 1}}},
        request={"url": "https://a.example/x", "body": "=in.o"},
    )

    asked = exchange_of(manifest(routes=[given]), traits=[]).next()

    assert isinstance(asked, Ask)
    assert isinstance(asked.request, HttpRequest)
    assert asked.request.body == b"{}"


def test_a_default_that_is_worked_out_has_to_be_of_the_inputs_type() -> None:
    given = route(inputs={"n": {"type": "integer", "default": "=event.word"}})

    refused = exchange_of(manifest(routes=[given]), word="one").next()

    assert isinstance(refused, Refused)
    assert "`n` of the event is not of type integer" in refused.reason.what


def test_one_part_of_a_manifest_may_be_merged_into_another() -> None:
    text = """\
manifest: 1
id: own
name: Own
category: api
docs: https://example.org
routes:
  - &common
    on: event
    types: [track]
    request: &request {url: https://a.example/x, method: PUT, body: =event}
  - <<: *common
    types: [page]
    request: {<<: *request, method: PATCH}
"""
    found = read_connector("own.yaml", text)

    assert found.problems == ()
    assert found.manifest["routes"][1] == {
        "on": "event",
        "types": ["page"],
        "request": {"url": "https://a.example/x", "method": "PATCH", "body": "=event"},
    }


def test_what_is_merged_in_has_to_be_a_mapping() -> None:
    [problem] = read_connector("own.yaml", "manifest: 1\nlet: {<<: 3}\n").problems

    assert (problem.code, problem.place.line) == ("Y005", 2)
    assert "`<<`" in problem.what


def vector(name: str, body: Value) -> Vector:
    expected = {"method": "POST", "url": "https://a.example/any", "body": body}
    return Vector(
        id=name,
        kind="action",
        slug="own",
        action="track",
        raw={"input": {"payloads": [{"email": "a"}]}, "expected": {"requests": [expected]}},
    )


def test_an_expression_of_conformance_that_fails_is_a_case_that_fails() -> None:
    inputs = {"email": "=join(',', payload.email)"}
    given = manifest(conformance={"segment": {"track": {"route": "any", "inputs": inputs}}})

    [case] = score("own", spec_of(given), [vector("sg/own/2", {})]).details

    assert case.level == 0
    assert case.why == (
        "conformance cannot be worked out: join() was given a value of another type",
    )


def test_each_product_may_have_its_own_constants() -> None:
    given = manifest(
        let={"partner": "us", "greeting": "{{ in.email }} by {{ partner }}"},
        routes=[
            {
                "on": "event",
                "id": "any",
                "inputs": {"email": {}},
                "request": {
                    "url": "https://a.example/any",
                    "body": {"partner": "=partner", "greeting": "=greeting"},
                },
            }
        ],
        conformance={
            "constants": {"partner": "both", "rs/": {"greeting": "hey"}},
            "segment": {"track": "any"},
        },
    )
    wanted = {
        "sg/own/2": {"partner": "both", "greeting": "a by both"},
        "rs/own/1": {"partner": "both", "greeting": "hey"},
    }

    cases = score("own", spec_of(given), [vector(*pair) for pair in wanted.items()]).details

    assert [case.why for case in cases] == [(), ()]
    assert all(case.level > 2 for case in cases)


def test_an_example_may_be_of_any_operation() -> None:
    given = manifest(
        routes=[
            {
                "on": "erase",
                "request": {"url": "https://a.example/any", "body": {"id": "=delivery.address"}},
            }
        ]
    )
    raw = {**vector("own/1", {"id": "a@b.c"}).raw, "operation": "erase"}
    raw["input"] = {"items": [{"message": {"address": "a@b.c"}}]}

    [case] = score(
        "own",
        spec_of(given),
        [Vector(id="own/1", kind="processor", slug="own", action="", raw=raw)],
    ).details

    assert case.level > 2, case.why
