"""What bringing events in needs of the world: tables, and marks of what has been asked for."""

from __future__ import annotations
