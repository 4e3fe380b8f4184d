"""Rehearsals asked for at a door: each in a process of its own, within walls, kept for a while."""
