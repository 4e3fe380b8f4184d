"""From a send step to a delivery: the channel chosen, the words filled in, the way back."""

from __future__ import annotations
