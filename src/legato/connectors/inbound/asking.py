"""How a provider is asked: the `auth:` of a source's manifest, and questions with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from legato.connectors.accounts import compile_auth, hidden_of
from legato.connectors.exchange.draft import draft, seal
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.inbound.spec import SourceSpec
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import ExpressionError
from legato.connectors.spec import Auth, Call, ConsentNeeds, Head, Judge, Limits, Setting, Spec
from legato.connectors.terms import Terms
from legato.model.instant import SECOND, Instant
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response


def compile_account(
    top: Compiler, manifest: Mapping[str, Any], settings: Mapping[str, Setting]
) -> Auth:
    """Compile how we prove ourselves where we ask."""
    if "auth" in manifest and not {"poll", "fetch"} & manifest.keys():
        top.add(
            ("auth",), "nobody is asked anything", "Add `poll:` or `fetch:`, or remove `auth:`."
        )
    given = manifest.get("auth", {"kind": "none"})
    return compile_auth(knowing_account(top, settings), given, hidden_of(settings), ("auth",))


def knowing_account(top: Compiler, settings: Mapping[str, Setting]) -> Compiler:
    """Return a compiler of questions."""
    return top.with_names({"settings": tuple(settings), "clock": ("epoch", "now"), "token": None})


def account_spec(spec: SourceSpec) -> Spec:
    """Return what an account needs to know of a source: as of a destination that only asks."""
    return Spec(
        head=Head(
            id=spec.head.id,
            name=spec.head.name,
            category="api",
            docs=spec.head.docs,
            idempotency="",
        ),
        consent=ConsentNeeds(),
        settings=spec.settings,
        transport="http",
        auth=spec.auth,
        routes={},
        judge=Judge(rules=()),
        limits=Limits(),
    )


def question(
    spec: SourceSpec, call: Call, terms: Terms, facts: Mapping[str, Any], *, now: Instant
) -> HttpRequest | Reason:
    """Return a question, proven."""
    frame = Frame(
        {
            "settings": terms.settings,
            "token": terms.token,
            "clock": {"epoch": now // SECOND, "now": now},
            "delivery": {"delivery_id": spec.head.id},  # of what OAuth 1 makes its nonce
            **facts,
        }
    )
    try:
        return seal(account_spec(spec), draft(call, frame), frame, terms, key="")
    except (RefusalError, ExpressionError) as error:
        return Reason(code="source.request", what=f"the question cannot be made: {error}")


def body_of(response: Response) -> Any | Reason:  # noqa: ANN401 - of a provider
    """Return an answer's JSON."""
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Reason(code="source.answer", what="the answer is no JSON, or was cut off")
