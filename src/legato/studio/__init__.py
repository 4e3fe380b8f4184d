"""The door for operators: the authenticated HTTP API."""

from __future__ import annotations
