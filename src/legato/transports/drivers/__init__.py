"""Ways out over client libraries, each an extra that need not be installed."""

from __future__ import annotations
