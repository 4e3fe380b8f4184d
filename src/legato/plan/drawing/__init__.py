"""Journeys as a canvas shows them, and edits of their very text."""
