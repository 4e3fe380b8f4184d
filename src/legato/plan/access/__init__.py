"""Definitions of who is let in."""
