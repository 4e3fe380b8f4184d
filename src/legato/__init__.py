"""Legato: real-time customer data and journey orchestration."""

from __future__ import annotations

__version__ = "0.1.0"
