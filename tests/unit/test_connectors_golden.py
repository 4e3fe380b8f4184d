"""Every connector of the catalog against its recorded requests and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from legato.connectors.accounts import with_account
from legato.connectors.classify import Verdict, classify
from legato.connectors.compile import compile_manifest
from legato.connectors.settings import check_settings, resolve, secrets_of
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import HOUR, SECOND
from legato.model.problem import Reason
from legato.model.wire import Request, Response
from legato.transports.catalog import read_catalog
from tests.unit.lane_world import START, delivery, manifest
from tests.unit.rendered import rendered

GOLDEN = Path(__file__).parent.parent / "golden" / "requests"
CASES = sorted(GOLDEN.glob("*.json"))
TERMS_TIMEOUT = 10 * SECOND


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's answer and what it must be taken for."""

    status: int
    verdict: Verdict
    headers: dict[str, str] = {}
    body: Any = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, the request that must come of it, and answers to it."""

    connector: str
    settings: dict[str, Any]
    delivery: dict[str, Any]
    secrets: dict[str, str] = {}
    request: dict[str, Any] = {}
    refused: str = ""
    answers: list[Answered] = []


def load(path: Path) -> Case:
    return msgspec.json.decode(path.read_bytes(), type=Case)


def spec_of(connector: str) -> Spec:
    compiled = compile_manifest(manifest(connector))
    assert compiled.spec is not None, compiled.mistakes
    return compiled.spec


def delivery_of(case: Case) -> Delivery:
    given = delivery(1, person="ana", expires_at=START + HOUR, journey="cart_rescue")
    return msgspec.structs.replace(given, **case.delivery)


def request_of(case: Case) -> Request | Reason:
    spec = spec_of(case.connector)
    assert check_settings(spec, case.settings) == ()
    values = {name: case.secrets[key] for name, key in secrets_of(case.settings).items()}
    settings = resolve(spec, case.settings, values)
    terms = Terms(settings=settings, timeout=TERMS_TIMEOUT)
    return rendered(with_account(spec, case.settings), delivery_of(case), terms=terms, now=START)


def as_data(request: Request) -> dict[str, Any]:
    """Write a request as golden files do: JSON as data, other bytes as text."""
    data = _readable(msgspec.to_builtins(request, builtin_types=(bytes,)))
    for name in ("timeout", "allow_private", "type"):
        data.pop(name, None)
    return data


def _readable(value: Any) -> Any:  # noqa: ANN401 - a request's body is anybody's JSON
    match value:
        case bytes():
            try:
                return msgspec.json.decode(value)
            except msgspec.DecodeError:
                return value.decode()
        case dict():
            fields = cast("dict[str, Any]", value)
            return {key: _readable(one) for key, one in fields.items()}
        case list() | tuple():
            return [_readable(one) for one in cast("list[Any]", value)]
        case _:
            return value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_delivery_becomes_the_recorded_request(path: Path) -> None:
    case = load(path)

    made = request_of(case)

    if isinstance(made, Reason):
        assert case.refused == made.code
        assert not case.request
    else:
        assert not case.refused
        assert as_data(made) == case.request


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_answers_are_taken_for_what_they_are(path: Path) -> None:
    case = load(path)
    spec = spec_of(case.connector)

    for answer in case.answers:
        body = answer.body if isinstance(answer.body, str) else ""
        if answer.body is not None and not isinstance(answer.body, str):
            body = msgspec.json.encode(answer.body).decode()
        response = Response(status=answer.status, headers=answer.headers, body=body.encode())

        verdict = classify(spec, response, START)

        assert msgspec.structs.replace(verdict, reason=None) == answer.verdict, answer
        assert (verdict.reason is None) == (verdict.kind == "accepted")


def test_every_connector_of_the_catalog_has_golden_requests_for_every_route() -> None:
    recorded = {
        (load(path).connector, delivery_of(load(path)).operation)
        for path in CASES
        if not load(path).refused
    }

    routes = {(name, on) for name in read_catalog() for on in spec_of(name).routes}
    # Events have recorded vectors instead, made by others.
    wanted = {(name, on) for name, on in routes if on != "event"}
    assert wanted - recorded == set()


def test_rendering_twice_gives_the_same_bytes() -> None:
    for path in CASES:
        assert request_of(load(path)) == request_of(load(path))


@pytest.mark.parametrize(
    ("category", "is_refused"), [("ads", True), ("prompt", True), ("crm", False)]
)
def test_who_may_have_digests_only_is_never_given_an_address(
    category: str, *, is_refused: bool
) -> None:
    manifest = {
        "manifest": 1,
        "id": "own",
        "name": "Own",
        "category": category,
        "docs": "https://example.org",
        "routes": [
            {"on": "call", "request": {"url": "https://a.example/", "body": "=delivery.address"}}
        ],
    }
    spec = compile_manifest(manifest).spec
    assert spec is not None
    given = delivery(1, person="ana", expires_at=START + HOUR)
    given = msgspec.structs.replace(given, operation="call", address="Ana@Example.org")

    made = rendered(spec, given, terms=Terms(settings={}, timeout=TERMS_TIMEOUT), now=START)

    assert (isinstance(made, Reason) and made.code == "render.exposed") is is_refused
