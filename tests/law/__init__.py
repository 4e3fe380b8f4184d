"""What must hold whatever happens."""

from __future__ import annotations
