"""One suite that every store passes."""

from __future__ import annotations
