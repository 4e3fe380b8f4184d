"""Real client SDKs against a started Legato."""

from __future__ import annotations
