"""Journeys that are rolled out: how far, and moving it."""
