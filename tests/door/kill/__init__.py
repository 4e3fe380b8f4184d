"""Killing the real process under load, and proving afterwards that nothing came of it."""

from __future__ import annotations
