"""The terminal door."""

from __future__ import annotations
