"""API tokens: who may call, in which role. Only digests are kept; a token is shown once."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import msgspec

from legato.govern.roles import Role
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError

TOKEN_BYTES = 32
"""256 bits of chance: a plain digest suffices, nobody can guess the text behind it."""
TOKENS_MAX = 1_000
"""More names than a company has people and programs that call; bounds the file."""
FILE = "tokens.json"


class Token(Noun, frozen=True, kw_only=True):
    """What is kept of a token."""

    name: str
    role: Role
    digest: str
    created_at: Instant
    reveal_reason: str = ""
    """Why a program may see personal values without saying so each time."""


def digest_of(text: str) -> str:
    """Return what is stored in a token's place."""
    return hashlib.sha256(text.encode()).hexdigest()


class Tokens:
    """The tokens of one data folder, in a file that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._kept = _read(self._path)
        self._passing: dict[str, Token] = {}

    def who(self, text: str) -> Token | None:
        """Return whose token this is."""
        found = digest_of(text)
        # Looked up by digest: how long it takes says nothing about the text.
        return self._passing.get(found) or self._kept.get(found)

    def all(self) -> tuple[Token, ...]:
        """Return the stored tokens by name."""
        return tuple(sorted(self._kept.values(), key=lambda token: token.name))

    def create(self, name: str, role: Role, *, now: Instant, reveal_reason: str = "") -> str | None:
        """Store a new token and return its text, once; None where the name is taken."""
        if any(token.name == name for token in self._kept.values()):
            return None
        if len(self._kept) >= TOKENS_MAX:
            raise LegatoError(
                f"There are {TOKENS_MAX} tokens already.",
                fix="Revoke the ones nobody uses: `legato tokens revoke NAME`.",
            )
        text, token = _new(name, role, now, reveal_reason)
        self._kept[token.digest] = token
        self._write()
        return text

    def issue(self, name: str, role: Role, *, now: Instant) -> str:
        """Return a token that holds until the process ends and is stored nowhere."""
        text, token = _new(name, role, now)
        self._passing[token.digest] = token
        return text

    def revoke(self, name: str) -> bool:
        """Forget a token; it stops working at once."""
        before = len(self._kept)
        self._kept = {key: token for key, token in self._kept.items() if token.name != name}
        if len(self._kept) == before:
            return False
        self._write()
        return True

    def _write(self) -> None:
        data = msgspec.json.format(msgspec.json.encode(self.all()), indent=2)
        write_private(self._path, data)


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, for its owner's eyes only."""
    fresh = path.with_suffix(".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - the mode must hold from the first byte
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _new(name: str, role: Role, now: Instant, reveal_reason: str = "") -> tuple[str, Token]:
    text = f"lgt_{secrets.token_urlsafe(TOKEN_BYTES)}"
    return text, Token(
        name=name,
        role=role,
        digest=digest_of(text),
        created_at=now,
        reveal_reason=reveal_reason,
    )


def _read(path: Path) -> dict[str, Token]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        tokens = msgspec.json.decode(data, type=tuple[Token, ...])
    except msgspec.MsgspecError as error:
        raise LegatoError(
            f"{path} is not a list of tokens.",
            fix="Restore it from a backup, or delete it: new tokens are made at the next start.",
        ) from error
    return {token.digest: token for token in tokens}
