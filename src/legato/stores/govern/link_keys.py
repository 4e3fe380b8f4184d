"""The keys that links are signed with, sealed in the vault as every other secret."""

from __future__ import annotations

from pathlib import Path

import msgspec

from legato.model.problem import LegatoError
from legato.ports.links import KeyRing
from legato.stores.govern.vault import OWN, Vault

NAME = f"{OWN}links"
OLD_FILE_NAME = "links.keys"
"""Where an older Legato kept them, for whoever could read the data folder."""


class SealedKeys:
    """ports.links.KeyStore in a vault."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        self._vault = vault
        self._old = folder / OLD_FILE_NAME

    def read(self) -> KeyRing | None:
        """Return the keys; see ports.links. Those of an older Legato are sealed by that."""
        kept = self._vault.get(NAME)
        if kept is not None:
            return msgspec.json.decode(kept, type=KeyRing)
        ring = self._read_old()
        if ring is not None:
            self.write(ring)
        return ring

    def write(self, ring: KeyRing) -> None:
        """Replace the keys; see ports.links."""
        newest = ring.links[-1]
        self._vault.put(NAME, msgspec.json.encode(ring).decode(), now=newest.made_at)
        # Only now: until they are sealed, the file is all there is.
        self._old.unlink(missing_ok=True)

    def _read_old(self) -> KeyRing | None:
        try:
            return msgspec.json.decode(self._old.read_bytes(), type=KeyRing)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise LegatoError(
                f"The keys of links cannot be read from {self._old}: {type(error).__name__}.",
                fix="Restore the file from a backup. Without it, no link sent so far works.",
            ) from error
