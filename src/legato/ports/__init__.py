"""What the hosts need of the world, as small Protocols."""

from __future__ import annotations
