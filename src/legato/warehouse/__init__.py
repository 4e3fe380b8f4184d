"""SQL engines and history files: where questions are asked of everything that happened."""

from __future__ import annotations
