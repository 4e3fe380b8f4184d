"""What is kept of the past, and asking of it."""

from __future__ import annotations
