"""Asking of history in SQL: what tables there are, what a query may do, and answering one."""

from __future__ import annotations
