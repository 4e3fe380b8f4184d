"""`legato import`: rows of files and databases as events."""

from __future__ import annotations
