"""The composition root: the only floor that names a concrete store or transport."""

from __future__ import annotations

from legato.app.app import App, open_app
from legato.app.config import Applied, Config, Status

__all__ = ["App", "Applied", "Config", "Status", "open_app"]
