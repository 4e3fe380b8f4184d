"""Who reads what happened."""

from __future__ import annotations
