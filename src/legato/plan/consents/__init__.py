"""Definitions about consent: how it is read, and what has to be confirmed."""

from __future__ import annotations
