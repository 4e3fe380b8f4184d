"""Passages through journeys: entering, moving on, leaving, and seeing late events in order."""

from __future__ import annotations
