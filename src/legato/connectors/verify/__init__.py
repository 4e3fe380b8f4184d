"""Manifests scored against recorded requests that nobody here wrote. Pure: text in, scores out.

A vector is an event, a destination's settings and the requests that another product made of them.
`score.score` runs them through the same exchange that a lane runs, and compares as data.
"""

from __future__ import annotations
