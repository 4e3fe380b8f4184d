"""Texts that only chance knows, and what is kept in their place."""

from __future__ import annotations

import hashlib
import secrets

SECRET_BYTES = 32
"""256 bits of chance: a plain digest suffices, nobody can guess the text behind it."""


def new_secret(prefix: str = "") -> str:
    """Return a text that nobody can guess; a prefix lets scanners of leaked secrets know it."""
    return f"{prefix}{secrets.token_urlsafe(SECRET_BYTES)}"


def digest_of(text: str) -> str:
    """Return what is stored in a secret's place."""
    return hashlib.sha256(text.encode()).hexdigest()
