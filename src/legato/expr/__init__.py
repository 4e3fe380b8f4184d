"""The small typed language of conditions and templates. Pure."""

from __future__ import annotations
