"""Hosted pages: unsubscribe, preferences, confirm. For people, by signed links."""

from __future__ import annotations
