"""Consent inside a step: what is said, what holds, and what it closes."""

from __future__ import annotations
