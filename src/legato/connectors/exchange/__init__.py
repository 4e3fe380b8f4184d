"""From a delivery to its requests, and from their answers to what became of it.

Nothing here waits: `exchange.begin` gives what to ask, and is given what was answered. The same
code runs in a lane, against recorded answers, and in a terminal.
"""

from __future__ import annotations
