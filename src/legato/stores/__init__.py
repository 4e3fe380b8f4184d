"""Where logs and states are kept."""

from __future__ import annotations
