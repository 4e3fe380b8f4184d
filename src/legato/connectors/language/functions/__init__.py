"""The functions of expressions, by what they are about. `registry.py` is the list of all."""

from __future__ import annotations
