"""Journeys of which not everybody gets the same version."""
