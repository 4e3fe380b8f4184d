"""Write keys: where requests carry them, and whose they are. Keys themselves are never kept."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from legato.model.definitions.source import Source
from legato.model.ids import digest
from legato.model.noun import Noun


class Shown(Noun, frozen=True, kw_only=True):
    """The credentials of a request's headers and query."""

    key: str = ""
    """A write key; empty where the body has to name one."""
    token: str = ""
    """A bearer token. OAuth clients name the write key in the body; others send it as token."""


NOTHING_SHOWN = Shown()


class KeyRing:
    """Finds the source of a write key among the digests of the plan."""

    def __init__(self, sources: Callable[[], Mapping[str, Source]]) -> None:
        self._sources = sources
        self._indexed: Mapping[str, Source] | None = None
        self._by_digest: dict[str, Source] = {}

    def find(self, key: str) -> Source | None:
        """Return the source that a key belongs to, enabled or not."""
        sources = self._sources()
        if sources is not self._indexed:  # another plan: its mapping is another object
            self._by_digest = {
                name: source for source in sources.values() for name in source.key_digests
            }
            self._indexed = sources
        return self._by_digest.get(digest(key.encode("utf-8", "replace")))


def shown(headers: Mapping[bytes, bytes], query: Mapping[str, str]) -> Shown:
    """Read the credentials beside the body: Basic, X-Write-Key, Bearer, `?writeKey=`."""
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scheme, _, rest = authorization.partition(b" ")
        match scheme.lower():
            case b"basic":
                key = _user(rest.strip())
                if key:
                    return Shown(key=key)
            case b"bearer":
                token = rest.strip().decode("utf-8", "replace")
                return Shown(key=_beside(headers, query), token=token)
            case _:
                pass
    key = _beside(headers, query)
    return Shown(key=key) if key else NOTHING_SHOWN


def _beside(headers: Mapping[bytes, bytes], query: Mapping[str, str]) -> str:
    given = headers.get(b"x-write-key")
    if given is not None:
        return given.decode("utf-8", "replace").strip()
    return query.get("writeKey", "") or query.get("writekey", "")


def _user(encoded: bytes) -> str:
    try:
        # Some clients leave the padding away, and some the colon behind the key.
        plain = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return plain.partition(b":")[0].decode("utf-8", "replace").strip()
