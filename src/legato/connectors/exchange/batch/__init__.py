"""Many deliveries, few requests: which travel together, and what is sent for them."""

from __future__ import annotations
