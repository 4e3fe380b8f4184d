"""What was recorded of another product, compared with what a small connector would send."""

from __future__ import annotations

from typing import Any

from legato.connectors.language.value import Value
from legato.connectors.verify.score import Case, score
from legato.connectors.verify.vector import Kind, Vector
from tests.unit.connector_world import manifest, route, spec_of

URL = "https://a.example"
STEPS = [
    {"url": f"{URL}/made", "as": "made"},
    {"url": f"{URL}/lists/{{{{ made.header.id }}}}", "body": {"n": "=event.n"}},
]


def vector(kind: Kind, case: str, *messages: dict[str, Any], **expected: Value) -> Vector:
    items = [{"message": {"type": "track", **message}} for message in messages]
    raw = {"id": case, "input": {"items": items}, "expected": expected}
    return Vector(id=case, kind=kind, slug="acme", action="", raw=raw)


def sent(url: str, body: Value = None, **more: Value) -> dict[str, Any]:
    return {"method": "POST", "url": URL + url, "body": body, **more}


def scored(conformance: dict[str, Any], *vectors: Vector, **given: Value) -> tuple[Case, ...]:
    spec = spec_of(manifest(conformance=conformance, **given))
    return score("own", spec, vectors).details


def test_a_header_of_a_recorded_answer_is_read_by_the_next_step() -> None:
    answer: Value = {"status": 201, "headers": {"ID": "9"}, "body": {}}
    recorded = [sent("/made", vendor_response=answer), sent("/lists/9", {"n": 1})]

    (case,) = scored(
        {},
        vector("processor", "rs/1", {"n": 1}, requests=recorded),
        routes=[{"on": "event", "requests": STEPS}],
    )

    assert case.level == 4, case.why


def test_what_was_left_out_of_the_recorded_answer_to_a_step_can_be_told() -> None:
    answer: Value = {"status": 201, "body": {}}
    recorded = [sent("/made", vendor_response=answer), sent("/lists/9", {"n": 1})]
    told = {"made": {"headers": {"id": "=match(recorded[1].url, '[0-9]+$')"}}}

    (case,) = scored(
        {"answers": told},
        vector("processor", "rs/1", {"n": 1}, requests=recorded),
        routes=[{"on": "event", "requests": STEPS}],
    )

    assert case.level == 4, case.why


def test_constants_of_the_nearer_kind_win() -> None:
    def of(kind: Kind, case: str, way: str) -> Vector:
        recorded = [sent("/x", {"way": way})]
        batches = [{"items": [0], "requests": recorded}]
        return vector(kind, case, {}, requests=recorded, batches=batches)

    constants = {"way": "all", "rs/": {"way": "rs"}, "router/": {"way": "router"}}
    cases = scored(
        {"constants": {**constants, "rs/router/": {"way": "both"}}},
        of("processor", "sg/1", "all"),
        of("processor", "rs/1", "rs"),
        of("router", "sg/2", "router"),
        of("router", "rs/2", "both"),
        let={"way": "ours"},
        routes=[route(request={"url": f"{URL}/x", "body": {"way": "=way"}})],
    )

    assert [case.why for case in cases] == [()] * 4
    assert [case.level for case in cases] == [4] * 4


def test_requests_of_other_cases_are_left_out_and_counted() -> None:
    recorded = [sent("/x", {"n": 1}), sent("/x", {"n": 2})]
    own = {"when": "length(recorded) > `1`", "only": "=recorded[-1:]", "because": "it goes on"}
    routes = [route(request={"url": f"{URL}/x", "body": {"n": "=event.n"}})]

    (case,) = scored(
        {"recorded": [own]},
        vector("processor", "rs/1", {"n": 2}, requests=recorded),
        routes=routes,
    )

    assert (case.level, case.ignored) == (4, 1)


def test_a_question_of_an_action_that_was_not_recorded_is_told_for_its_kind() -> None:
    lookup = {"as": "id", "request": {"url": f"{URL}/find"}, "select": "=body.id"}
    routes = [
        {
            "on": "event",
            "id": "mark",
            "named": True,
            "lookup": lookup,
            "request": {"url": f"{URL}/people/{{{{ id }}}}"},
        },
        route(),
    ]
    found = sent("/find", vendor_response={"status": 200, "body": {"id": 4}})

    def action(*requests: dict[str, Any]) -> Vector:
        given: list[dict[str, Any]] = [{}]
        raw = {"input": {"payloads": given}, "expected": {"requests": list(requests)}}
        return Vector(id="sg/1", kind="action", slug="acme", action="mark", raw=raw)

    told = {"$if": "=!(recorded[?ends_with(url, '/find')])", "then": {"body": {"id": 3}}}
    cases = scored(
        {"segment": {"mark": "mark"}, "answers": {"action/": {"id": told}, "id": {"body": 1}}},
        action(sent("/people/3")),
        action(found, sent("/people/4")),
        routes=routes,
    )

    assert [case.why for case in cases] == [(), ()]
    assert [case.level for case in cases] == [4, 4]


def test_what_an_answer_means_to_the_other_product_can_be_told() -> None:
    def answered(status: int, word: str) -> Vector:
        raw = {"vendor_response": {"status": status}, "expected": {"class": word}, "input": {}}
        return Vector(id=f"rs/{status}", kind="delivery", slug="acme", action="", raw=raw)

    vectors = (answered(401, "retryable"), answered(403, "aborted"))
    given: dict[str, Any] = {"delivery": {"refresh": [401], "denied": [403]}}

    plain = scored({}, *vectors, **given)
    told = scored({"classes": {"refresh": "retryable", "denied": "aborted"}}, *vectors, **given)

    assert [case.is_classed for case in plain] == [False, False]
    assert [case.is_classed for case in told] == [True, True]


def test_the_whole_query_can_be_left_out_of_the_comparison() -> None:
    given = vector("processor", "rs/1", {}, requests=[sent("/x?at=1", {"a": 1})])

    (case,) = scored(
        {"ignore": [{"path": "params", "because": "it is a time"}]},
        given,
        routes=[route(request={"url": f"{URL}/x", "params": {"at": "2"}, "body": {"a": 1}})],
    )

    assert (case.level, case.ignored) == (4, 2)


def test_items_of_which_one_request_travels_with_others_are_grouped_together() -> None:
    many = {"people": [2, 0]}
    own = sent("/own", {"id": 0})
    batches = [{"items": [1, 0], "requests": [sent("/all", many), own]}]
    routes = [
        {
            "on": "event",
            "batch": {"items": 9, "merge": ["people"]},
            "requests": [
                {"url": f"{URL}/own", "alone": True, "when": "event.id == `0`", "body": {"id": 0}},
                {"url": f"{URL}/all", "body": {"people": ["=event.id"]}},
            ],
        }
    ]

    (case,) = scored(
        {}, vector("router", "rs/1", {"id": 0}, {"id": 2}, batches=batches), routes=routes
    )

    assert case.is_grouped
    assert case.level == 4, case.why


def test_a_case_of_which_nothing_was_recorded_is_skipped_and_a_refusal_is_not() -> None:
    nothing, refused, own = scored(
        {},
        vector("action_batch", "sg/1", {"n": 1}, requests=[]),
        vector("processor", "sg/2", {"n": 1}, errors=[{"message": "no"}]),
        vector("processor", "acme/1", {"n": 1}, requests=[]),
        routes=[{"on": "event", "require": [{"that": "=event.m", "else": "no m"}], **route()}],
    )

    assert nothing.skipped == "neither a request nor a refusal was recorded"
    assert (refused.skipped, refused.level) == ("", 4)
    assert (own.skipped, own.level) == ("", 4)
