"""The same engine in a rehearsed world."""

from __future__ import annotations
