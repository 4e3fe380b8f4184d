"""Commands about what is kept of the past."""

from __future__ import annotations
