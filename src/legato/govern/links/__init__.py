"""Signed links to hosted pages: made as a message leaves, checked when somebody follows one."""

from __future__ import annotations
