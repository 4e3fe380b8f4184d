"""The engine: one pure function over one person. START HERE: step.py."""

from __future__ import annotations
