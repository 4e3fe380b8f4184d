"""The collection door of a running Legato, called as a client SDK calls it."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Literal, TypeAlias
from urllib.parse import urlencode, urlsplit

import msgspec

from legato.cli.client import Failure
from legato.model.noun import Noun

TRIES_MAX = 8
VERDICTS_MAX = 100
"""Asked for at once; as many as the door answers."""
Judged: TypeAlias = Literal["accepted", "duplicate", "quarantined", "rejected", "unknown"]


class Verdict(Noun, frozen=True, kw_only=True, rename="camel"):
    """What became of a call, or would."""

    message_id: str
    status: Judged
    code: str = ""
    message: str = ""


class _Answer(msgspec.Struct):
    verdicts: Sequence[Verdict] = ()
    message: str = ""


_ANSWER = msgspec.json.Decoder(_Answer)


class Door:
    """One connection, with a source's write key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=60)
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "Content-Type": "application/json",
        }

    def send(self, calls: Sequence[bytes]) -> None:
        """Send calls until they are acknowledged. Raises Failure where they are refused."""
        if calls:
            self._ask("POST", "/v1/batch", _batch(calls))

    def check(self, calls: Sequence[bytes]) -> Sequence[Verdict]:
        """Return what would become of calls. Raises Failure."""
        return self._ask("POST", "/v1/batch?check=1", _batch(calls)).verdicts if calls else ()

    def verdicts(self, message_ids: Sequence[str]) -> list[Verdict]:
        """Return what has become of calls, once they are applied. Raises Failure."""
        found: list[Verdict] = []
        for start in range(0, len(message_ids), VERDICTS_MAX):
            asked = message_ids[start : start + VERDICTS_MAX]
            query = urlencode([("messageId", each) for each in asked])
            found += self._ask("GET", f"/v1/verdicts?{query}", b"").verdicts
        return found

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes) -> _Answer:
        """Ask until there is an answer."""
        for attempt in range(TRIES_MAX):
            status, after, data = self._once(method, path, body)
            if status == 200:  # noqa: PLR2004 - the only success there is
                return _read(data)
            if status not in (0, 429, 503):
                raise Failure(
                    f"The door refused a batch with {status}: {_read(data).message}",
                    "Look at the write key and the size of rows; then run it again: it goes on.",
                )
            time.sleep(after or min(2**attempt, 30))
        raise Failure(
            "Legato takes nothing at present.", "Run it again later: it goes on where it was."
        )

    def _once(self, method: str, path: str, body: bytes) -> tuple[int, float, bytes]:
        try:
            self._connection.request(method, path, body or None, self._headers)
            answer = self._connection.getresponse()
            data = answer.read()
            after = answer.getheader("Retry-After", "")
            return answer.status, float(after) if after.isdigit() else 0.0, data
        except (OSError, HTTPException):
            self._connection.close()
            return 0, 0.0, b""


def _batch(calls: Sequence[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(calls) + b"]}"


def _read(data: bytes) -> _Answer:
    try:
        return _ANSWER.decode(data)
    except msgspec.MsgspecError:
        return _Answer()
