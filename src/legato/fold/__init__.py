"""How durable records become committed state: the one turn that every host takes."""

from __future__ import annotations
