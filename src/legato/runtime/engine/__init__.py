"""The engine: takes what the log holds, commits what comes of it, and tells whoever acts on it."""

from __future__ import annotations
