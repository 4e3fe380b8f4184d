"""Who turns the crank for real."""

from __future__ import annotations
