"""Secrets at rest: each sealed with AES-256-GCM, in one file of the data folder.

A secret is opened when it is asked for and kept in the open nowhere. Its name is bound into the
seal: a value cannot be put under another name by who may write the file.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.stores.folder import write_private
from legato.stores.govern.keys import Keys, name_of

FILE_NAME = "secrets.vault"
NONCE_BYTES = 12
"""Drawn for every sealing: 2^32 of them under one key would be needed for a likely repeat."""


OWN = "."
"""Names that begin so are of what Legato itself keeps here; no destination can ask for them."""


class _Sealed(Noun, frozen=True, kw_only=True):
    nonce: bytes
    data: bytes
    set_at: Instant


class _Kept(Noun, frozen=True, kw_only=True):
    key: str = ""
    """The name of the key."""
    secrets: Mapping[str, _Sealed] = {}


_KEPT = msgspec.json.Decoder(_Kept)


class Vault:
    """ports.sender.Secrets on a disk. For any thread."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        """Open the file of a data folder; one is made with the first secret."""
        self._path = folder / FILE_NAME
        self._keys = keys
        self._kept = _read(self._path)
        self._opened: tuple[str, AESGCM] | None = None
        self._changing = threading.Lock()

    def get(self, name: str) -> str | None:
        """Return a secret's value. Raises LegatoError when the key is not there, or another."""
        kept = self._kept
        sealed = kept.secrets.get(name)
        return None if sealed is None else self._open(name, sealed, kept.key)

    def names(self) -> Mapping[str, Instant]:
        """Return the names of all secrets that somebody has set, and when."""
        kept = sorted(self._kept.secrets.items())
        return {name: sealed.set_at for name, sealed in kept if not name.startswith(OWN)}

    def put(self, name: str, value: str, *, now: Instant) -> None:
        """Store a secret in place of what was under this name. Raises LegatoError."""
        with self._changing:
            if self._kept.secrets:
                key = self._keys.find(self._kept.key)
            else:
                key = self._keys.given() or self._keys.make()
            sealed = _seal(AESGCM(key), name, value, now=now)
            self._write(_Kept(key=name_of(key), secrets={**self._kept.secrets, name: sealed}))

    def remove(self, name: str) -> bool:
        """Forget a secret; return whether there was one."""
        with self._changing:
            if name not in self._kept.secrets:
                return False
            rest = {each: sealed for each, sealed in self._kept.secrets.items() if each != name}
            self._write(_Kept(key=self._kept.key, secrets=rest))
            return True

    def rotate(self) -> str:
        """Seal everything with another key and forget the one before; return the new one's name.

        The other is that of the environment where it gives one, else a new one. Raises LegatoError.
        """
        with self._changing:
            return self._rotate()

    def _rotate(self) -> str:
        before, given = self._kept, self._keys.given()
        if given is not None and name_of(given) == before.key:
            raise LegatoError(
                "The environment still gives the key that the secrets are sealed with.",
                fix="Start with the new key in LEGATO_SECRETS_KEY and this one in "
                "LEGATO_SECRETS_KEY_OLD, then rotate again.",
            )
        values = {
            name: (self._open(name, sealed, before.key), sealed.set_at)
            for name, sealed in before.secrets.items()
        }
        key = given or self._keys.make()
        cipher = AESGCM(key)
        anew = {name: _seal(cipher, name, value, now=at) for name, (value, at) in values.items()}
        self._write(_Kept(key=name_of(key), secrets=anew))
        # Only now: until the file is written, the key before is the one that opens it.
        self._keys.forget(before.key)
        return name_of(key)

    def _open(self, name: str, sealed: _Sealed, key_name: str) -> str:
        opened = self._opened
        if opened is None or opened[0] != key_name:
            opened = self._opened = (key_name, AESGCM(self._keys.find(key_name)))
        try:
            return opened[1].decrypt(sealed.nonce, sealed.data, _bound(name)).decode()
        except InvalidTag as error:
            raise LegatoError(
                f"The secret {name} is not as it was sealed.",
                fix=f"Set it again: `legato secrets set {name}`, and look who may write to the "
                "data folder.",
            ) from error

    def _write(self, kept: _Kept) -> None:
        try:
            write_private(self._path, msgspec.json.encode(kept))
        except OSError as error:
            raise LegatoError(
                f"{self._path} cannot be written ({type(error).__name__}); nothing was changed.",
                fix="Let the user that runs Legato own the folder, and free some space.",
                can_retry=True,
            ) from error
        self._kept = kept


def _seal(cipher: AESGCM, name: str, value: str, *, now: Instant) -> _Sealed:
    nonce = os.urandom(NONCE_BYTES)
    return _Sealed(
        nonce=nonce, data=cipher.encrypt(nonce, value.encode(), _bound(name)), set_at=now
    )


def _bound(name: str) -> bytes:
    return f"legato secret {name}".encode()


def _read(path: Path) -> _Kept:
    try:
        return _KEPT.decode(path.read_bytes())
    except FileNotFoundError:
        return _Kept()
    except (OSError, msgspec.MsgspecError) as error:
        raise LegatoError(
            f"{path}, where secrets are kept, cannot be read.",
            fix="Restore it from a backup, or delete it and set each secret again.",
        ) from error
