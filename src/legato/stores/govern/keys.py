"""The keys that open the vault: from the environment, or files outside the workspace.

A key's name is a digest of it: a vault says which one opens it, and a wrong one is never tried.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

from legato.model.problem import LegatoError
from legato.stores.folder import write_private

KEY_BYTES = 32
KEY = "LEGATO_SECRETS_KEY"
OLD_KEY = "LEGATO_SECRETS_KEY_OLD"
"""The one before, while secrets are sealed anew."""


def name_of(key: bytes) -> str:
    """Return the name of a key, which does not lead to it: it is of 256 bits of chance."""
    return hashlib.blake2b(key, digest_size=8, person=b"legato key").hexdigest()


class Keys:
    """Where keys are found, made and forgotten."""

    def __init__(self, environment: Mapping[str, str], folder: Path, *, apart_from: Path) -> None:
        """Keep new keys in `folder`, which must not lie in the workspace `apart_from`."""
        self._environment = environment
        self._folder = folder
        self._apart_from = apart_from

    def given(self) -> bytes | None:
        """Return the key that the environment gives; None where it gives none."""
        return self._from_environment(KEY)

    def find(self, name: str) -> bytes:
        """Return a key by its name. Raises LegatoError when it is not there."""
        for key in (self.given(), self._from_environment(OLD_KEY), self._from_file(name)):
            if key is not None and name_of(key) == name:
                return key
        raise LegatoError(
            f"The key {name} that opens the secrets is not here.",
            fix=f"Give it in {KEY} or {OLD_KEY}, or put its file back into {self._folder}; without "
            "it, delete secrets.vault and set each secret again.",
        )

    def make(self) -> bytes:
        """Return a new key, kept in a file that only its owner reads. Raises LegatoError."""
        if self._folder.resolve().is_relative_to(self._apart_from.resolve()):
            # Workspaces are copied, shared and kept in version control.
            raise LegatoError(
                f"A key of secrets would be kept in the workspace, in {self._folder}.",
                fix=f"Name another folder in XDG_CONFIG_HOME, or give the key in {KEY}.",
            )
        key = secrets.token_bytes(KEY_BYTES)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._path(name_of(key)), base64.b64encode(key) + b"\n")
        except OSError as error:
            raise LegatoError(
                f"No key for secrets can be kept in {self._folder} ({type(error).__name__}).",
                fix=f"Give one in {KEY}: 32 random bytes in base64, as `openssl rand -base64 32` "
                "writes them.",
            ) from error
        return key

    def forget(self, name: str) -> None:
        """Delete a key's file, if it has one."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def _from_environment(self, variable: str) -> bytes | None:
        text = self._environment.get(variable)
        return None if text is None else _key(text, variable)

    def _from_file(self, name: str) -> bytes | None:
        path = self._path(name)
        try:
            return _key(path.read_text(encoding="ascii"), str(path))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise LegatoError(
                f"{path}, a key of secrets, cannot be read ({type(error).__name__}).",
                fix="Let the user that runs Legato own it, or restore it from a backup.",
            ) from error


def _key(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise LegatoError(
            f"{where} holds no key: one is {KEY_BYTES} bytes in base64.",
            fix="Write one with `openssl rand -base64 32`.",
        )
    return key
