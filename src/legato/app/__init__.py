"""The composition root: the only floor that names a concrete store or transport."""

from __future__ import annotations

from legato.app.app import App, open_app
from legato.app.config import Applied, Config, Status
from legato.app.definitions.bloat import Weighing
from legato.app.example import clear_data
from legato.app.guard.guard import Alert
from legato.app.guard.healing import Healed, Unapplied
from legato.app.guard.kept import Drift
from legato.app.guard.sources import SourceSeen
from legato.app.history.backfill import BackfillRun
from legato.app.history.roll import Pile, RollBusy, RollRun
from legato.app.history.sql import ROWS_MAX, Mistaken, Table, ask_offline, name_of
from legato.app.identity.matches import Match, MatchRun
from legato.app.identity.trial import Came, identifier_of
from legato.app.score.card import Card, Over
from legato.app.stream.recall import CONTACTING, RecallRun, Wanted
from legato.insight.bloat.report import BloatReport
from legato.runtime.polling.poller import Asked

__all__ = [
    "CONTACTING",
    "ROWS_MAX",
    "Alert",
    "App",
    "Applied",
    "Asked",
    "BackfillRun",
    "BloatReport",
    "Came",
    "Card",
    "Config",
    "Drift",
    "Healed",
    "Match",
    "MatchRun",
    "Mistaken",
    "Over",
    "Pile",
    "RecallRun",
    "RollBusy",
    "RollRun",
    "SourceSeen",
    "Status",
    "Table",
    "Unapplied",
    "Wanted",
    "Weighing",
    "ask_offline",
    "clear_data",
    "identifier_of",
    "name_of",
    "open_app",
]
