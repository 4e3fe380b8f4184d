"""Connectors in the terminal: which there are, how well they do, and how to add one."""

from __future__ import annotations
