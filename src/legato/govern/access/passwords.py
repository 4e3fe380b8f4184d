"""Passwords: which ones do, and argon2id over them in threads, a few at a time.

Length and a look at what everybody guesses first, no rules of composition: NIST SP 800-63B, 5.1.1.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from legato.govern.access.denial import Denial
from legato.model.instant import SECOND, Duration

LENGTH_MIN = 12
LENGTH_MAX = 128
AT_ONCE_MAX = 4
"""Hashes under way at a time, 19 MiB each; others wait their turn."""
WAITING_MAX = 100
"""That many wait some seconds. More is an attack from many addresses, or all of a company."""
BUSY_WAIT: Duration = 5 * SECOND
LETTERS_MIN = 5
"""Different characters: `121212121212` is long and no more."""
RUN_SHARE_MAX = 0.5
"""Of a password that may be steps along the alphabet, the digits or the keyboard."""

# OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$bGVnYXRvLW5vYm9keS0wMQ"
    "$0000000000000000000000000000000000000000000"
)
"""Checked where there is no account, so that this takes as long as where there is one. It has
HASHER's parameters and no known password."""

_RUNS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb",
)
_RUN_LENGTH = 3
_COMMON = (
    *("password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd", "motdepasse", "contraseña"),
    *("welcome", "welcomeback", "willkommen", "letmein", "letmeinnow", "changeme", "changemenow"),
    *("iloveyou", "iloveyouso", "princess", "sunshine", "football", "baseball", "superman"),
    *("batman", "trustno", "dragon", "monkey", "master", "shadow", "michael", "jennifer"),
    *("administrator", "adminadmin", "admin", "root", "rootroot", "secret", "topsecret"),
    *("supersecret", "default", "guest", "test", "testtest", "testing", "qwerty", "qwertyqwerty"),
    *("whatever", "starwars", "pokemon", "liverpool", "chelsea", "arsenal", "computer"),
    *("internet", "samsung", "google", "facebook", "microsoft", "summer", "winter", "spring"),
    *("autumn", "january", "february", "december", "monday", "friday", "company", "marketing"),
    *("legato", "legatolegato", "correcthorsebatterystaple", "nopassword", "mypassword"),
    *("thisismypassword", "passwordpassword", "loveyou", "loveme", "hello", "helloworld"),
)
"""What lists of leaked passwords hold again and again, alone, repeated and in a row."""

_LOOKS_LIKE = str.maketrans("01345@$", "oleasas")

Verdict: TypeAlias = Literal["right", "wrong", "outdated"]


class Passwords:
    """Hashing and checking beside the loop."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def hash(self, text: str) -> str:
        """Return what is kept of a password. Raises Denial when too many wait."""
        async with self._slot():
            return await asyncio.to_thread(HASHER.hash, normal(text))

    async def check(self, kept: str, text: str) -> Verdict:
        """Compare; `outdated` is right, and hashed with less than is asked for today.

        Raises Denial when too many wait.
        """
        async with self._slot():
            return await asyncio.to_thread(_check, kept or NOBODY, normal(text[:LENGTH_MAX]))

    @asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None]:
        if self._waiting >= WAITING_MAX:
            raise Denial(
                "wait",
                "sign_in.busy",
                "Too many people sign in at this moment.",
                fix="Try again in some seconds.",
                wait=BUSY_WAIT,
            )
        self._waiting += 1
        try:
            async with self._slots:
                yield
        finally:
            self._waiting -= 1


def normal(text: str) -> str:
    """Return a password as it is hashed: the same however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", text)


def refuse_weak(text: str, email: str) -> None:
    """Raise Denial for a password that is soon guessed."""
    text = normal(text)
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        raise _weak(f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.")
    bare = text.casefold()
    local = email.partition("@")[0]
    if email and (email in bare or (len(local) > _RUN_LENGTH and local in bare)):
        raise _weak("A password does not contain the address that it belongs to.")
    if (
        _is_common(bare)
        or len(dict.fromkeys(bare)) < LETTERS_MIN
        or _run_share(bare) > RUN_SHARE_MAX
    ):
        raise _weak("This password is among the first that everybody guesses.")


def _is_common(text: str) -> bool:
    """Return whether a text is words that everybody guesses, however often and decorated.

    Of one such word, digits and signs around it are no secret, nor are `0` for `o` and its like.
    """
    core = text.strip("0123456789!?.,;:#$%&*+-_=@ ")
    for plain in (core, core.translate(_LOOKS_LIKE)):
        rest = "".join(letter for letter in plain if letter.isalpha())
        if rest and _is_made_of(rest, _COMMON):
            return True
    return False


def _is_made_of(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text is such words, one after the other."""
    ends = [True, *(False for _ in text)]
    for end in range(1, len(text) + 1):
        ends[end] = any(
            end >= len(word) and ends[end - len(word)] and text[:end].endswith(word)
            for word in words
        )
    return ends[-1]


def _check(kept: str, text: str) -> Verdict:
    try:
        HASHER.verify(kept, text)
    except (VerificationError, InvalidHashError):
        return "wrong"
    return "outdated" if HASHER.check_needs_rehash(kept) else "right"


def _run_share(text: str) -> float:
    """Return how much of a text goes along a row of the keyboard or the alphabet."""
    rows = [row for run in _RUNS for row in (run, run[::-1])]
    covered = [False] * len(text)
    for start in range(len(text) - _RUN_LENGTH + 1):
        if any(text[start : start + _RUN_LENGTH] in row for row in rows):
            covered[start : start + _RUN_LENGTH] = [True] * _RUN_LENGTH
    return sum(covered) / len(text)


def _weak(what: str) -> Denial:
    return Denial(
        "shape",
        "password.weak",
        what,
        fix="Take four or five words that have nothing to do with each other, or let a password "
        "manager choose.",
    )
