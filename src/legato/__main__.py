"""python -m legato."""

from __future__ import annotations

from legato.cli.main import main

main()
