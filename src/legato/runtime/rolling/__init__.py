"""Old notes leave the state file."""

from __future__ import annotations
