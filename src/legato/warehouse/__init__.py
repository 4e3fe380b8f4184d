"""Tables of other systems, read where they are."""

from __future__ import annotations
