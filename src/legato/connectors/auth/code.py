"""OAuth 2.0 for people: where a browser is sent, and the exchange of its code (RFC 6749, 7636)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from legato.connectors.auth.oauth2 import form_request, read_fields
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.noun import Noun
from legato.model.wire import HttpRequest


class Visit(Noun, frozen=True, kw_only=True):
    """Of a browser to the provider: made of chance, used once."""

    redirect: str
    state: str
    verifier: str

    def __repr__(self) -> str:
        return "Visit()"


def can_connect(spec: Spec) -> bool:
    """Return whether a person can connect the account in a browser."""
    return spec.auth.kind == "oauth2" and "authorize_url" in spec.auth.fields


def way_there(spec: Spec, terms: Terms, visit: Visit) -> str:
    """Return the address to send a browser to."""
    found = read_fields(spec, terms, 0)
    asked = {
        "response_type": "code",
        "client_id": found.get("client_id", ""),
        "redirect_uri": visit.redirect,
        "state": visit.state,
    }
    if _has_challenge(found):
        digest = base64.urlsafe_b64encode(hashlib.sha256(visit.verifier.encode()).digest())
        asked["code_challenge"] = digest.rstrip(b"=").decode()
        asked["code_challenge_method"] = "S256"
    asked |= {"scope": found["scopes"]} if "scopes" in found else {}
    asked |= _extra(spec, terms)
    url = found["authorize_url"]
    return url + ("&" if "?" in url else "?") + urlencode(asked)


def code_request(spec: Spec, terms: Terms, visit: Visit, code: str) -> HttpRequest:
    """Return the request that exchanges a code for tokens."""
    found = read_fields(spec, terms, 0)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": visit.redirect}
    if _has_challenge(found):
        form["code_verifier"] = visit.verifier
    return form_request(found, form, terms)


def _has_challenge(found: Mapping[str, str]) -> bool:
    """Return whether the exchange is bound to the visit (PKCE): some providers refuse that."""
    return found.get("pkce") != "false"


def _extra(spec: Spec, terms: Terms) -> dict[str, str]:
    node = spec.auth.fields.get("extra")
    value: Any = MISSING
    if node is not None:
        value = node.read(Frame({"settings": terms.settings}, spec.let))
    given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return {name: str(one) for name, one in given.items()}
