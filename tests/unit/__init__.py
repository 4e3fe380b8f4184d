"""One rule at a time."""

from __future__ import annotations
