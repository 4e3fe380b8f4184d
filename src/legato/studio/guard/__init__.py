"""Routes of the guard: sources and drift."""

from __future__ import annotations
