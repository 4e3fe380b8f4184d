"""Scenarios, lived through in a rehearsed world, and judged."""
