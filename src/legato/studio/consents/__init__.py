"""Routes about consent: what people said, what holds, what sends relied on."""

from __future__ import annotations
