"""Through the doors, as a user comes in."""

from __future__ import annotations
