"""Where processes of this machine share rates."""

from __future__ import annotations

import os
from pathlib import Path

from legato.app.config import Config
from legato.stores.sqlite.leases import SqliteRateLeases


def leases_of(config: Config) -> SqliteRateLeases:
    """Return the file of this user, which the first shared rate makes."""
    return SqliteRateLeases(config.rates or _state_folder())


def _state_folder() -> Path:
    named = os.environ.get("XDG_STATE_HOME")
    try:
        state = Path(named) if named else Path.home() / ".local" / "state"
    except RuntimeError:  # a user without a home, as in some containers
        state = Path("/tmp")  # noqa: S108 - of one container, which nobody else is in
    return state / "legato"
