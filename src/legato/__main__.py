"""python -m legato, and the `legato` command."""

from __future__ import annotations

from legato.cli.main import main as run


def main() -> None:
    """Run the command line."""
    run(_doors)


def _doors() -> object:
    """Return the doors. All of Legato is behind them: most commands have no need of it."""
    from legato.doors import Doors  # noqa: PLC0415 - that is what this is for

    return Doors()


if __name__ == "__main__":
    main()
