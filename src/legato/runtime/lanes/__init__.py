"""The dispatcher: one lane a destination. START HERE: lanes.py.

A delivery waits in its lane's `line`, is tried by an `attempt` at the lane's `pace`, and what
became of it goes through the `reporter` to the log. A lane shares nothing with another lane but
the event loop: a dead destination costs the others nothing.
"""

from __future__ import annotations
