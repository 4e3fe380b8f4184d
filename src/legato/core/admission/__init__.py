"""What is done to an event before anybody looks at it: mappings, and fields left out."""

from __future__ import annotations
