"""The composition root: the only floor that names a concrete store or transport."""

from __future__ import annotations

from legato.app.app import App, open_app
from legato.app.config import Applied, Config, Status
from legato.app.guard.guard import Alert
from legato.app.guard.healing import Healed, Unapplied
from legato.app.guard.kept import Drift
from legato.app.guard.sources import SourceSeen
from legato.app.identity.matches import Match, MatchRun

__all__ = [
    "Alert",
    "App",
    "Applied",
    "Config",
    "Drift",
    "Healed",
    "Match",
    "MatchRun",
    "SourceSeen",
    "Status",
    "Unapplied",
    "open_app",
]
