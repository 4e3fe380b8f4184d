"""The door that events come in by."""

from __future__ import annotations
