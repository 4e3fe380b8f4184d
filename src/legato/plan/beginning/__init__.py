"""Journeys that ship as templates, and how one of them comes into a workspace."""
