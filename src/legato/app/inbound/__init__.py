"""What comes in otherwise than from our own SDKs: providers' calls, tables, and trials of both."""

from __future__ import annotations
