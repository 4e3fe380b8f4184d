"""Sources whose calls only name what happened: the `fetch:` of a manifest. Sans-IO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.connectors import form
from legato.connectors.accounts import hidden_of
from legato.connectors.inbound.asking import body_of, knowing_account, question
from legato.connectors.inbound.spec import Fetch, SourceSpec
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Path
from legato.connectors.language.value import MISSING, ExpressionError
from legato.connectors.routes.request import compile_request
from legato.connectors.spec import Setting
from legato.connectors.terms import Terms
from legato.model.instant import Instant
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response

WITHIN = "1d"


def compile_fetch(
    top: Compiler, manifest: Mapping[str, Any], settings: Mapping[str, Setting]
) -> Fetch | None:
    """Compile how a provider is asked for what an item names."""
    if "fetch" not in manifest:
        return None
    path: Path = ("fetch",)
    given = form.mapping(top, manifest["fetch"], path)
    form.only(top, given, ("request", "when", "select", "within"), path)
    if "dedupe" not in manifest:
        what = "what is fetched twice would be taken twice"
        top.add(path, what, "Add `dedupe:` at the top: what an item is known by.")
    request = form.mapping(top, given.get("request", {}), (*path, "request"))
    asking = knowing_account(top, settings).knowing("item")
    inside = top.with_names({"item": None})
    answer = top.with_names(dict.fromkeys(("status", "header", "body")))
    return Fetch(
        call=compile_request(asking, request, (*path, "request"), hidden_of(settings)),
        when=inside.condition(given["when"], (*path, "when")) if "when" in given else None,
        select=answer.node(given["select"], (*path, "select")) if "select" in given else None,
        within=form.duration(top, given.get("within", WITHIN), (*path, "within")),
    )


def fetch_request(
    spec: SourceSpec,
    terms: Terms,
    item: Any,  # noqa: ANN401 - of a provider
    *,
    now: Instant,
) -> HttpRequest | Reason:
    """Return the question for what an item names, proven."""
    assert spec.fetch is not None, "only what is to be fetched is asked for"
    return question(spec, spec.fetch.call, terms, {"item": item}, now=now)


def read_fetched(spec: SourceSpec, response: Response) -> Any | Reason:  # noqa: ANN401 - likewise
    """Return what was asked for."""
    assert spec.fetch is not None, "only what is to be fetched is asked for"
    body = body_of(response)
    if isinstance(body, Reason) or spec.fetch.select is None:
        return body
    scope = {"status": response.status, "header": response.headers, "body": body}
    try:
        found = spec.fetch.select.read(scope)
    except ExpressionError as error:
        return Reason(code="source.answer", what=f"the answer cannot be read: {error}")
    if found is MISSING or found is None:
        return Reason(code="source.answer", what="the answer has nothing of what was asked for")
    return found
