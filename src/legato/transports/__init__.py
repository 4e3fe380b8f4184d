"""The ways out, and the clock."""

from __future__ import annotations
