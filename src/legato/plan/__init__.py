"""Definitions, checked, compiled and compared. Text in, Plan out. Pure."""

from __future__ import annotations
