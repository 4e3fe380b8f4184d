"""Sources that are asked for what is new."""

from __future__ import annotations
