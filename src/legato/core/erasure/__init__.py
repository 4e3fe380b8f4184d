"""A person is erased: what goes, who is told, and why nothing of them comes back."""

from __future__ import annotations
