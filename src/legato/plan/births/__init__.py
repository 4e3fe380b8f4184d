"""Which definitions of a plan are new, and what that means for those who meet them already."""

from __future__ import annotations
