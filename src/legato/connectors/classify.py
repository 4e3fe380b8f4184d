"""Response -> Verdict, by the status and by what the answer says."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any, Literal, assert_never, cast

import msgspec

from legato.connectors.language.frame import Frame
from legato.connectors.language.functions.instants import instant_of
from legato.connectors.language.value import MISSING, ExpressionError, Value, as_text
from legato.connectors.spec import Class, Partial, Rule, Spec
from legato.model.event import ANSWER_BYTES_MAX
from legato.model.instant import HOUR, SECOND, Duration, Instant, from_datetime
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import Response

AFTER_MAX: Duration = 24 * HOUR
"""A provider that says 'next year' has a wrong clock."""
UNIX_FROM: Duration = 1_000_000_000 * SECOND
"""So many seconds to wait are none: it is an instant, in seconds or milliseconds since 1970."""
GATEWAY_TIMEOUT = 504
"""The one status that says it was not heard whether the server behind took it."""
HTML_MARKS = (b"<html", b"<!doctype html")
HEAD_BYTES = 1_000
"""Of a page, in which it says that it is one."""
RECEIPT_LENGTH_MAX = 200
"""A provider's id; what is longer is none."""


class ItemVerdict(Noun, frozen=True, kw_only=True):
    """What became of one item of a batch that was taken otherwise."""

    index: int | None = None
    """Its place in the batch."""
    list: str = ""
    """The list that it is a place of, where the batch has several."""
    id: str = ""
    """Its id, where the provider tells it by that."""
    kind: Literal["accepted", "retry", "throttled", "bounced", "failed"]
    reason: Reason


class Verdict(Noun, frozen=True, kw_only=True):
    """What an answer means for its delivery."""

    kind: Literal["accepted", "retry", "throttled", "bounced", "failed"]
    after: Duration | None = None
    """Not before this long from now, says the destination."""
    receipt: str = ""
    answer: bytes = b""
    """A JSON object, for calls."""
    reason: Reason | None = None
    account: Literal["", "refresh", "dead"] = ""
    """`refresh`: fetch another token first. `dead`: the account has to be connected anew."""
    is_unheard: bool = False
    """To be tried again, though it may have been taken."""
    is_withdrawn: bool = False
    """The person has said no to the provider: a consent to withdraw."""
    items: tuple[ItemVerdict, ...] = ()
    """Of a batch: those of its items that were not accepted."""


def classify(spec: Spec, response: Response, now: Instant) -> Verdict:
    """Read an answer. Never raises: an answer that cannot be read is judged by its status."""
    judge = spec.judge
    scope: dict[str, Any] = {"status": response.status, "header": response.headers}
    if "text" in judge.reads:
        scope["text"] = response.body.decode(errors="replace")
    if "body" in judge.reads:
        scope["body"] = _json(response.body)
    unexpected = _unexpected(response) if judge.promises_json else ""
    if unexpected:
        what = f"{spec.head.id} promises JSON, and answered {response.status} with {unexpected}"
        reason = Reason(code="destination.unexpected", what=what)
        return Verdict(kind="retry", reason=reason, is_unheard=True)
    rule = next(rule for rule in judge.rules if _holds(rule, scope))
    says = f"{spec.head.id} answered {response.status}"
    match rule.becomes:
        case "success":
            return _accepted(spec, scope)
        case "throttle":
            return Verdict(
                kind="throttled",
                after=_after(rule, response, scope, now),
                reason=Reason(code="destination.throttled", what=f"{says}: slow down"),
            )
        case "retry":
            return Verdict(
                kind="retry",
                after=_after(rule, response, scope, now),
                reason=Reason(code="destination.unavailable", what=says),
                is_unheard=response.status == GATEWAY_TIMEOUT,
            )
        case "denied" | "dead" | "refresh":
            return _denied(rule.becomes, says)
        case "withdrawn":
            what = f"{says}: the person does not want it"
            reason = Reason(code="destination.withdrawn", what=what)
            return Verdict(kind="bounced", reason=reason, is_withdrawn=True)
        case "bounce":
            what = f"{says}: the address does not exist or refuses"
            return Verdict(kind="bounced", reason=Reason(code="destination.bounced", what=what))
        case "abort":
            what = f"{says}: it refuses this delivery for good"
            return Verdict(kind="failed", reason=Reason(code="destination.refused", what=what))
        case _:
            assert_never(rule.becomes)


def _unexpected(response: Response) -> str:
    """Say what an answer of success is in place of JSON; empty: nothing to stumble over.

    A page is a proxy's or a portal's. A plain word is let pass: some providers say `OK`.
    """
    if not 200 <= response.status < 300:  # noqa: PLR2004 - as HTTP has it
        return ""
    begin = response.body[:HEAD_BYTES].lstrip().lower()
    if any(mark in begin for mark in HTML_MARKS):
        return "a page of HTML"
    if begin[:1] in (b"{", b"[") and not response.is_cut and _json(response.body) is None:
        return "half of it"
    return ""


def _holds(rule: Rule, scope: dict[str, Any]) -> bool:
    status: int = scope["status"]
    if rule.statuses and not any(low <= status <= high for low, high in rule.statuses):
        return False
    if rule.when is None:
        return True
    try:
        return rule.when.holds(scope)
    except ExpressionError:  # the answer has another shape than this rule is about
        return False


def _denied(becomes: Class, says: str) -> Verdict:
    """Hold the delivery back for a matter of the account, which is put right elsewhere."""
    match becomes:
        case "refresh":
            reason = Reason(code="destination.token", what=f"{says}: its token is old")
            return Verdict(kind="retry", reason=reason, account="refresh")
        case "dead":
            what = f"{says}: the account is no longer connected"
            reason = Reason(code="destination.disconnected", what=what)
            return Verdict(kind="retry", reason=reason, account="dead")
        case _:
            what = f"{says}: it does not accept the account; check the destination's secrets"
            return Verdict(kind="retry", reason=Reason(code="destination.denied", what=what))


def read_answer(response: Response) -> dict[str, Any]:
    """Return an answer as expressions see it."""
    return {
        "status": response.status,
        "header": response.headers,
        "text": response.body.decode(errors="replace"),
        "body": _json(response.body),
    }


def _failed_items(spec: Spec, scope: dict[str, Any]) -> tuple[ItemVerdict, ...]:
    """Read which items of a batch were not taken, and whether another attempt can help."""
    partial = spec.judge.partial
    if partial is None:
        return ()
    try:
        many = partial.many.read(scope)
        rows = cast("list[Any]", many) if isinstance(many, list) else []
        frames = [Frame({**scope, "item": row, "index": at}) for at, row in enumerate(rows)]
        where = partial.where
        failed = [one for one in frames if where is None or where.holds(one)]
        return tuple(_failed(spec, partial, frame) for frame in failed)
    except ExpressionError:
        return ()


def _failed(spec: Spec, partial: Partial, frame: Frame) -> ItemVerdict:
    index = partial.index.read(frame) if partial.index is not None else None
    name = partial.id.read(frame) if partial.id is not None else ""
    place = partial.list.read(frame) if partial.list is not None else ""
    why = partial.why.read(frame) if partial.why is not None else MISSING
    can_help = partial.becomes == "retry"
    if partial.retry is not None:
        can_help = partial.retry.holds(frame)
    told = f": {_text(why)[:200]}" if _text(why) else ""
    what = f"{spec.head.id} did not take this one of the batch{told}"
    return ItemVerdict(
        index=index if isinstance(index, int) else None,
        list=_text(place),
        id=_text(name),
        kind="retry" if can_help else "bounced" if partial.becomes == "bounce" else "failed",
        reason=Reason(code="destination.partly", what=what),
    )


def _text(value: Value) -> str:
    return "" if value is MISSING or value is None else as_text(value)


def _accepted(spec: Spec, scope: dict[str, Any]) -> Verdict:
    judge = spec.judge
    receipt, answer = "", b""
    try:
        if judge.receipt is not None:
            found = judge.receipt.read(scope)
            receipt = _text(found)
        if judge.answer is not None:
            found = judge.answer.read(scope)
            if not isinstance(found, dict):
                found = {} if found is MISSING else {"value": found}
            answer = msgspec.json.encode(found)
    except ExpressionError:
        answer = b"{}"
    if len(answer) > ANSWER_BYTES_MAX:
        what = f"the answer is larger than {ANSWER_BYTES_MAX} bytes; select a part of it"
        return Verdict(kind="failed", reason=Reason(code="destination.answer", what=what))
    return Verdict(
        kind="accepted",
        receipt=receipt[:RECEIPT_LENGTH_MAX],
        answer=answer,
        items=_failed_items(spec, scope),
    )


def _after(rule: Rule, response: Response, scope: dict[str, Any], now: Instant) -> Duration | None:
    value: Value = response.headers.get("retry-after")
    if rule.after is not None:
        try:
            value = rule.after.read(scope)
        except ExpressionError:
            value = None
    return None if value is MISSING or value is None else parse_after(as_text(value), now)


def parse_after(text: str, now: Instant) -> Duration | None:
    """Read Retry-After: seconds, an HTTP date, or the Unix time that some providers write."""
    try:
        wait = round(float(text) * SECOND)
        if wait >= UNIX_FROM:
            wait = (instant_of(float(text)) or now) - now
    except (ValueError, OverflowError):
        try:
            wait = from_datetime(parsedate_to_datetime(text)) - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(wait, 0), AFTER_MAX)


def _json(body: bytes) -> Value:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
