"""The `routes:` of a manifest: how an operation becomes requests."""

from __future__ import annotations
