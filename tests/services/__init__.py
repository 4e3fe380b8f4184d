"""Real services on loopback, started and ended by the tests that need them."""

from __future__ import annotations
