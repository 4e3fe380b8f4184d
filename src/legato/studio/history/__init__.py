"""Routes of what is kept of the past."""

from __future__ import annotations
