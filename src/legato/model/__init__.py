"""The nouns: structs and their own invariants. Pure."""

from __future__ import annotations
