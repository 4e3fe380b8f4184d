"""Drift: noticing that what comes in has another shape than declared, and how to read it."""

from __future__ import annotations
