"""What comes in is watched beside the engine: sources that fall silent, shapes that drift."""

from __future__ import annotations
