"""What is said of data before it is believed: how it is mapped, and how old it may be."""

from __future__ import annotations
