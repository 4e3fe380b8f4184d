"""The command line: what there is, in groups, each command loaded only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import ClassVar

import click

from legato import __version__
from legato.model.problem import LegatoError

_SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Start": {
        "init": ("legato.cli.begin.init:init", "Make a workspace of your own, with comments."),
        "up": ("legato.cli.up:up", "Run Legato on a workspace."),
        "demo": ("legato.cli.demo.demo:demo", "Run the example shop on real history, live."),
    },
    "Definitions": {
        "check": ("legato.cli.check:check", "Show every mistake of a workspace, with its place."),
        "prove": (
            "legato.cli.rehearse.prove:prove_command",
            "Prove that no way through a journey does harm.",
        ),
        "plan": ("legato.cli.plan:plan", "Show what applying would change, and for whom."),
        "apply": ("legato.cli.plan:apply", "Make a workspace the running plan, all at once."),
        "backfill": ("legato.cli.history.backfill:backfill", "Watch the past being measured."),
        "dictionary": (
            "legato.cli.model.dictionary:dictionary",
            "Say what a word means, who owns it, and who uses it.",
        ),
        "bloat": (
            "legato.cli.model.bloat:bloat",
            "Show what is kept and nothing reads, and its cost.",
        ),
        "change": (
            "legato.cli.changes.change:change",
            "Propose a change, answer for it, apply it.",
        ),
        "export": (
            "legato.cli.changes.export:export",
            "Write the definitions that run as files.",
        ),
        "connectors": (
            "legato.cli.connect.connectors:connectors",
            "See which systems can be reached; score and add connectors.",
        ),
        "schemas": ("legato.cli.begin.init:schemas", "Write JSON Schemas, so that editors help."),
    },
    "Rehearse": {
        "test": ("legato.cli.rehearse.test:test", "Rehearse the scenarios of a workspace."),
        "backtest": (
            "legato.cli.rehearse.backtest:backtest",
            "Live recorded history again under a changed workspace.",
        ),
        "simulate": (
            "legato.cli.rehearse.simulate:simulate",
            "Let a crowd that does not exist live through all journeys.",
        ),
    },
    "People": {
        "why": ("legato.cli.why:why", "Say why a message went, or did not."),
        "consent": ("legato.cli.consent:consent", "See and record what people agree to."),
        "profile": ("legato.cli.why:profile", "Show all that is known of a person."),
        "people": ("legato.cli.people:people", "Erase people, or export what is kept of them."),
        "identity": ("legato.cli.govern.identity:identity", "Find, join and part people."),
        "retention": ("legato.cli.retention:retention", "Show what is kept how long."),
    },
    "Watch": {
        "live": ("legato.cli.live:live", "Watch what happens, as it happens."),
        "status": ("legato.cli.watch:status", "Show how the running process is doing."),
        "sources": (
            "legato.cli.guard.sources:sources",
            "Show which sources send, and which are silent; what providers post.",
        ),
        "tail": ("legato.cli.watch:tail", "Print what happens, one line each."),
        "sql": ("legato.cli.history.sql:sql", "Ask of events, notes and people in SQL."),
        "history": (
            "legato.cli.history.roll:history",
            "Show which old notes are in Parquet files; put more there.",
        ),
    },
    "Operate": {
        "pause": ("legato.cli.repair:pause", "Hold a journey."),
        "resume": ("legato.cli.repair:resume", "Go on with a journey."),
        "import": (
            "legato.cli.rows.command:bring",
            "Send the rows of a file or a database as events.",
        ),
        "drift": (
            "legato.cli.guard.drift:drift",
            "See what comes in another shape; approve a mapping.",
        ),
        "quarantine": ("legato.cli.repair:quarantine", "Look at refused events; replay them."),
        "deliveries": ("legato.cli.repair:deliveries", "Look at deliveries; redrive dead ones."),
        "replay": ("legato.cli.replay:replay", "Hand recorded events on to a destination."),
        "audit": ("legato.cli.govern.audit:audit", "See who did what; check that it is whole."),
        "links": ("legato.cli.govern.links:links", "Renew the key of links in messages."),
        "secrets": ("legato.cli.govern.secrets:secrets", "Keep what destinations need, sealed."),
        "users": ("legato.cli.govern.users:users", "Say who may sign in, in which role."),
        "teams": ("legato.cli.govern.users:teams", "Say which teams there are."),
        "tokens": ("legato.cli.govern.tokens:tokens", "Say which programs may call the API."),
    },
}
_PLACES = {name: place for section in _SECTIONS.values() for name, (place, _) in section.items()}
NAME_WIDTH = 12


class Commands(click.Group):
    """A group that imports a command only when it is called, so that `--help` is at once."""

    hidden_names: ClassVar[dict[str, str]] = {"replay-history": "legato.cli.demo.replay:replay"}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the help."""
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Load one command."""
        place = _PLACES.get(cmd_name) or self.hidden_names.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write each group with one line a command."""
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                rows = [(name.ljust(NAME_WIDTH), line) for name, (_, line) in commands.items()]
                formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="legato")
def legato() -> None:
    """Collect what people do, decide what to send, and be able to say why.

    Begin with `legato init shop`, then `legato up shop`.
    """


def main(doors: Callable[[], object]) -> None:
    """Run the command line. `doors` makes what `up` opens to the world."""
    try:
        legato(obj=doors, prog_name="legato")
    except LegatoError as error:
        click.echo(f"{error.what}\n  fix: {error.fix}", err=True)
        sys.exit(1)
