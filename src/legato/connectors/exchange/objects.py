"""A line of an object in a bucket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from legato.connectors.exchange.body import BODY_BYTES_MAX
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, as_text
from legato.connectors.spec import Call
from legato.connectors.terms import Terms
from legato.model.instant import SECOND, Duration, parse_duration
from legato.model.wire import Bucket, ObjectLine

LINES = 10_000
BYTES = 5_000_000
WAIT: Duration = 5 * SECOND
"""Shorter than a lane waits for its attempts when the process stops."""
WAIT_MAX: Duration = 10 * SECOND
"""What waits is in memory, and in doubt if the process dies: it goes again."""
_URL = re.compile(r"https?://[^\s/?#\\]+[^\s?#\\]*", re.IGNORECASE)
_SIZE = re.compile(r"(\d+)(KB|MB)")
_SIZES = {"KB": 1_000, "MB": 1_000_000}


def object_line(call: Call, frame: Frame, terms: Terms) -> ObjectLine:
    """Return a line, with the bounds of the object that it becomes part of."""
    read = {name: node.read(frame) for name, node in call.fields.items()}
    found = {name: value for name, value in read.items() if value is not MISSING}
    url = as_text(found.get("url", "")).rstrip("/")
    if not _URL.fullmatch(url):
        raise RefusalError("url", "the bucket's URL is missing or is not http:// or https://")
    line = msgspec.json.encode(found.get("line")) + b"\n"
    if len(line) > BODY_BYTES_MAX:
        raise RefusalError("size", f"it is larger than {BODY_BYTES_MAX} bytes")
    return ObjectLine(
        bucket=Bucket(
            url=url,
            region=as_text(found.get("region", "")),
            key_id=as_text(found.get("key_id", "")),
            secret=as_text(found.get("secret", "")),
            session_token=as_text(found.get("session_token", "")),
            allow_private=terms.allow_private,
        ),
        folder=as_text(found.get("folder", "")).strip("/"),
        id=frame["delivery"]["delivery_id"],
        line=line,
        lines_max=_whole(found, "lines", LINES),
        bytes_max=_bytes(found),
        wait=_wait(found),
        is_compressed=bool(found.get("compress", False)),
        timeout=terms.timeout,
    )


def _whole(found: Mapping[str, Any], name: str, default: int) -> int:
    value = found.get(name, default)
    if not isinstance(value, int) or value < 1:
        raise RefusalError("bounds", f"`{name}` is no number of at least 1")
    return value


def _bytes(found: Mapping[str, Any]) -> int:
    match = _SIZE.fullmatch(as_text(found.get("bytes", "5MB")))
    size = int(match[1]) * _SIZES[match[2]] if match else 0
    if not 0 < size <= BYTES:
        raise RefusalError("bounds", "`bytes` is no size of at most 5MB, written `500KB` or `5MB`")
    return size


def _wait(found: Mapping[str, Any]) -> Duration:
    given = found.get("wait")
    wait = WAIT if given is None else parse_duration(as_text(given))
    if wait is None or not 0 < wait <= WAIT_MAX:
        raise RefusalError("bounds", "`wait` is no time of at most 10s")
    return wait
