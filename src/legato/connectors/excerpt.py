"""What is kept of an answer that was no success, to be looked at: its status, and how it begins."""

from __future__ import annotations

from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Answered
from legato.model.instant import Instant
from legato.model.wire import HttpRequest, Request, Response

BYTES_MAX = 2_048
SECRET_LENGTH_MIN = 6
"""A shorter one would take words out of the text that have nothing to do with it."""
HIDDEN = "•••"
KIND_LENGTH_MAX = 100
_UNSEEN = {code: " " for code in range(32) if chr(code) not in "\n\t"}
"""What a terminal would take for a command."""


def excerpt(response: Response, secrets: tuple[str, ...], now: Instant) -> Answered:
    """Return an answer as it is kept: how it begins, without what proves the account."""
    text = response.body.decode(errors="replace")
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    begin = text.encode()[:BYTES_MAX].decode(errors="ignore")
    return Answered(
        at=now,
        status=response.status,
        kind=_kind(response),
        text=begin.translate(_UNSEEN),
        is_cut=response.is_cut or len(begin) < len(text),
    )


def nothing_of(response: Response, now: Instant) -> Answered:
    """Return an answer as it is kept of a batch: its text may be about others."""
    is_cut = bool(response.body)
    return Answered(at=now, status=response.status, kind=_kind(response), text="", is_cut=is_cut)


def secrets_in(spec: Spec, terms: Terms, request: Request) -> tuple[str, ...]:
    """Return what an answer might repeat of the account's secrets, the longest first."""
    found = [terms.settings.get(name) for name, one in spec.settings.items() if one.secret]
    found += terms.token.values()
    if isinstance(request, HttpRequest):
        proof = request.headers.get("Authorization", "")
        found += [proof, proof.rpartition(" ")[2]]
    texts = [one for one in found if isinstance(one, str) and len(one) >= SECRET_LENGTH_MIN]
    return tuple(sorted(dict.fromkeys(texts), key=len, reverse=True))


def _kind(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip()[:KIND_LENGTH_MAX]
