"""What a manifest may say, and how its mistakes are told."""

from __future__ import annotations

import copy
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from legato.connectors.auth.proof import signature
from legato.connectors.checks import undeclared_address
from legato.connectors.compile import compile_manifest
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import EXPRESSION_LENGTH_MAX, expr
from legato.connectors.language.value import MISSING, ExpressionError
from legato.connectors.settings import check_settings
from legato.connectors.terms import Terms
from legato.model.instant import SECOND
from legato.model.problem import Reason
from legato.model.wire import HttpRequest
from legato.transports.catalog import read_catalog
from tests.unit.lane_world import START, delivery, manifest
from tests.unit.rendered import rendered

MINIMAL: dict[str, Any] = {
    "manifest": 1,
    "id": "mini",
    "name": "Minimal",
    "category": "api",
    "docs": "https://mini.example/docs",
    "settings": {
        "url": {"type": "string", "required": True},
        "token": {"type": "string", "secret": True},
        "level": {"type": "integer", "enum": [1, 2], "default": 1},
    },
    "routes": [{"on": "send", "request": {"url": "{{ settings.url }}", "body": "=content"}}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the minimal manifest with one value changed; `None` takes it out."""
    made: Any = copy.deepcopy(MINIMAL)
    *way, last = (int(key) if key.isdigit() else key for key in path.split("/"))
    at = made
    for key in way:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


MISTAKES: list[tuple[str, Any, str, str]] = [
    ("manifest", 2, "manifest", "version"),
    ("id", None, "", "id"),
    ("id", 7, "id", "a text"),
    ("category", "carrier pigeon", "category", "carrier pigeon"),
    ("category", "crmm", "category", "`crm`"),
    ("pii", ["email", "emial"], "pii", "Did you mean `email`?"),
    ("sunset", "soon", "sunset", "2027-06-30"),
    ("inbound", "acme_events", "inbound", "a list"),
    ("consent", {"purposes": "marketing"}, "consent.purposes", "[a, b]"),
    ("rotes", [], "rotes", "routes"),
    ("routes", None, "routes", "no routes"),
    ("routes/0/on", "sned", "routes.0.on", "send"),
    ("routes/0/request/url", None, "routes.0.request", "no `url`"),
    ("routes/0/request/method", "FETCH", "routes.0.request.method", "FETCH"),
    ("routes/0/request/bodie", {}, "routes.0.request.bodie", "body"),
    ("routes/0/request/body", {"a": "=delivery.adress"}, "routes.0.request.body.a", "address"),
    ("routes/0/request/body", {"a": "=profile.email"}, "routes.0.request.body.a", "profile"),
    ("routes/0/request/body", {"a": "=settings"}, "routes.0.request.body.a", "whole"),
    ("routes/0/request/body", {"a": "=@"}, "routes.0.request.body.a", "@"),
    ("routes/0/request/body", {"a": "=!content.x"}, "routes.0.request.body.a", "!(a.b)"),
    ("routes/0/request/body", {"a": "=lower(content.x"}, "routes.0.request.body.a", ""),
    ("routes/0/request/body", {"a": "=exec(content.x)"}, "routes.0.request.body.a", "exec()"),
    ("routes/0/request/body", {"a": "=lowr(content.x)"}, "routes.0.request.body.a", "lower()"),
    ("routes/0/request/body", {"a": "=content.x > 3"}, "routes.0.request.body.a", "Write `0`"),
    ("routes/0/request/body", {"a": "='x"}, "routes.0.request.body.a", "this is no expression"),
    ("routes/0/request/body", {"a": "=replace(content.x)"}, "routes.0.request.body.a", "takes 3"),
    ("routes/0/request/body", {"$iff": "=content.x"}, "routes.0.request.body.$iff", "$if"),
    ("routes/0/request/body", {"$if": "content.x", "els": 1}, "routes.0.request.body.els", "els"),
    ("routes/0/request/body", {"a": "{{ content.x"}, "routes.0.request.body.a", "}}"),
    ("routes/0/request/params", {"t": "=settings.token"}, "routes.0.request.params", "token"),
    ("routes/0/request/url", "{{ settings.token }}/x", "routes.0.request.url", "secret"),
    ("auth", {"kind": "query", "name": "k", "value": "=settings.token"}, "auth.value", "secret"),
    ("auth", {"kind": "bearer"}, "auth", "token"),
    ("auth", {"kind": "magic"}, "auth.kind", "magic"),
    ("delivery", {"sucess": [200]}, "delivery.sucess", "success"),
    ("delivery", {"retry": ["5xx"]}, "delivery.retry.status", "5xx"),
    ("delivery", {"retry": [700]}, "delivery.retry.status", "700"),
    ("delivery", {"retry": ["500-999"]}, "delivery.retry.status", "500-999"),
    ("delivery", {"abort": {"after": "header.x"}}, "delivery.abort", "every answer"),
    ("delivery", {"receipt": "bdy.id"}, "delivery.receipt", "body"),
    ("limits", {"rate": "fast"}, "limits.rate", "50/s"),
    ("limits", {"timeout": "soon"}, "limits.timeout", "10s"),
    ("on_doubt", "panic", "on_doubt", "resend"),
    ("settings/level/type", "int", "settings.level.type", "integer"),
    ("settings/level/required", "yes", "settings.level.required", "true"),
]


@pytest.mark.parametrize(("path", "value", "where", "says"), MISTAKES)
def test_a_mistake_says_where_it_is_and_what_would_be_right(
    path: str, value: object, where: str, says: str
) -> None:
    compiled = compile_manifest(changed(path, value))

    assert compiled.spec is None
    texts = [str(mistake) for mistake in compiled.mistakes]
    assert any(text.startswith(f"{where}:") and says in text for text in texts), texts


def test_all_mistakes_are_told_at_once() -> None:
    broken = changed("rotes", [])
    broken["limits"] = {"rate": "fast"}
    broken["routes"][0]["request"]["body"] = {"a": "=nothing", "b": "=delivery.nothing"}

    assert len(compile_manifest(broken).mistakes) == 4


def test_the_minimal_manifest_and_every_one_of_the_catalog_are_right() -> None:
    for given in (MINIMAL, *map(manifest, read_catalog())):
        compiled = compile_manifest(given)
        assert compiled.mistakes == ()
        assert compiled.spec is not None
        assert undeclared_address(compiled.spec) is None


def test_a_secret_is_followed_through_let_into_a_url() -> None:
    given = changed("routes/0/let", {"a": "=settings.token", "b": "x{{ a }}"})
    given["routes"][0]["request"]["url"] = "https://x.example/{{ b }}"

    [mistake] = compile_manifest(given).mistakes

    assert "secret" in mistake.what


def test_a_secret_may_go_into_a_url_where_the_manifest_says_so() -> None:
    given = changed("settings/token/in_url", value=True)
    given["routes"][0]["request"]["params"] = {"key": "=settings.token"}

    assert compile_manifest(given).mistakes == ()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "missing"),
        ({"url": 1}, "not of type string"),
        ({"url": "u", "level": True}, "not of type integer"),
        ({"url": "u", "level": 3}, "none of the choices"),
        ({"url": "u", "token": "plain"}, "is a secret"),
        ({"url": {"secret": "U"}}, "not a secret"),
        ({"url": "u", "tokn": {"secret": "T"}}, "Did you mean `token`?"),
    ],
)
def test_settings_are_checked_against_the_manifest(settings: dict[str, Any], says: str) -> None:
    spec = compile_manifest(MINIMAL).spec
    assert spec is not None

    [mistake] = check_settings(spec, settings)

    assert says in str(mistake)


@pytest.mark.parametrize(
    ("node", "content", "value"),
    [
        ("=content.n", {"n": 7}, 7),
        ("{{ content.n }}!", {"n": 7}, "7!"),
        ("{{ content.n }}{{ content.m }}", {"n": 7}, MISSING),
        ({"a": "=content.n", "b": "=content.m", "c": "=content.k"}, {"n": 1, "k": None},
         {"a": 1, "c": None}),
        ({"$prune": {"a": "", "b": None, "c": {"d": []}, "e": 0}}, {}, {"e": 0}),
        ({"$if": "content.n > `3`", "then": "many", "else": "few"}, {"n": 7}, "many"),
        ({"$if": "content.n > `3`", "then": "many"}, {"n": 1}, MISSING),
        ({"$first": ["=content.a", "=content.b", "z"]}, {"b": "y"}, "y"),
        ({"$lookup": "content.k", "table": {"a": 1}, "default": 0}, {"k": "a"}, 1),
        ({"$lookup": "content.k", "table": {"a": 1}, "default": 0}, {"k": "b"}, 0),
        ({"$each": "content.l", "do": {"x": "=item.id"}}, {"l": [{"id": 1}, {}]}, [{"x": 1}, {}]),
        ({"$merge": [{"a": 1}, "=content.m"]}, {"m": {"a": 2, "b": 3}}, {"a": 2, "b": 3}),
        ({"$literal": {"$if": "=x"}}, {}, {"$if": "=x"}),
        ({"$$add": "=content.n"}, {"n": 1}, {"$add": 1}),
        ("=sha256(lower(trim(content.e)))", {"e": " Ana@X.com "},
         hashlib.sha256(b"ana@x.com").hexdigest()),
        ("=texts(content.d)", {"d": {"a": 1, "b": True, "c": None, "d": [1]}},
         {"a": "1", "b": "true", "d": "[1]"}),
        ("=epoch(content.t)", {"t": "1970-01-01T00:01:00Z"}, 60),
        ("=content.l[?n > `1`].n | [0]", {"l": [{"n": 1}, {"n": 2}]}, 2),
    ],
)  # fmt: skip
def test_value_nodes_say_what_they_say(node: object, content: object, value: object) -> None:
    compiler = Compiler({"content": None}, [])

    compiled = compiler.node(node, ())

    assert compiler.mistakes == []
    found = compiled.read({"content": content})
    assert found is MISSING if value is MISSING else found == value


def test_an_expression_too_long_is_refused() -> None:
    with pytest.raises(ExpressionError):
        expr("a" * (EXPRESSION_LENGTH_MAX + 1))


def request_of(given: dict[str, Any], content: dict[str, Any], **settings: str) -> object:
    spec = compile_manifest(given).spec
    assert spec is not None
    terms = Terms(settings={"url": "https://x.example/in", **settings}, timeout=SECOND)
    return rendered(spec, delivery(1, content=content), terms=terms, now=START)


def test_a_value_in_a_url_cannot_leave_its_place() -> None:
    given = changed("routes/0/request/url", "{{ settings.url }}/{{ content.id }}/x")

    made = request_of(given, {"id": "../../admin?a=1#b"})

    assert isinstance(made, HttpRequest)
    assert made.url == "https://x.example/in/..%2F..%2Fadmin%3Fa%3D1%23b/x"


def test_a_value_in_a_header_cannot_begin_another() -> None:
    given = changed("routes/0/request/headers", {"X-Name": "=content.name"})

    made = request_of(given, {"name": "Ana\r\nX-Admin: yes"})

    assert isinstance(made, Reason)
    assert made.code == "render.header"
    assert "Ana" not in made.what


@pytest.mark.parametrize("url", ["ftp://x.example", "file:///etc/passwd", "x.example", "https://"])
def test_only_http_urls_are_called(url: str) -> None:
    made = request_of(MINIMAL, {}, url=url)

    assert isinstance(made, Reason)
    assert made.code == "render.url"


def test_a_function_given_a_value_of_another_type_is_a_reason_without_the_value() -> None:
    given = changed("routes/0/request/body", {"a": "=join(',', content.tags)"})

    made = request_of(given, {"tags": "not a list: ana@example.com"})

    assert isinstance(made, Reason)
    assert made.code == "render.expression"
    assert "ana@example.com" not in made.what


@pytest.mark.parametrize("name", ["iso", "text", "lower", "trim", "sha256"])
def test_a_function_of_a_path_says_the_same_however_it_is_written(name: str) -> None:
    values = ["Ab c ", "", 5, 1_772_445_600_000_000, 1.5, True, None, [1], {"a": 1}]
    scopes: list[dict[str, Any]] = [{"content": {"x": value}} for value in values]
    scopes += [{"content": {}}, {}]

    for scope in scopes:
        assert _said(f"{name}(content.x)", scope) == _said(f"[{name}(content.x)][0]", scope)


def _said(text: str, scope: dict[str, Any]) -> object:
    try:
        return expr(text).read(scope)
    except ExpressionError as error:
        return str(error)


def test_an_operation_without_a_route_is_a_reason() -> None:
    spec = compile_manifest(MINIMAL).spec
    assert spec is not None
    terms = Terms(settings={"url": "https://x.example"}, timeout=SECOND)

    made = rendered(spec, delivery(1, operation="call"), terms=terms, now=START)

    assert isinstance(made, Reason)
    assert made.code == "render.no_route"


def test_a_receiver_can_check_the_signature_with_what_it_has() -> None:
    body = msgspec.json.encode({"a": 1})

    header = signature("whsec", 1_772_445_600, body)

    timestamp, mac = (part.split("=", 1)[1] for part in header.split(","))
    expected = hmac.new(b"whsec", f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(mac, expected)
