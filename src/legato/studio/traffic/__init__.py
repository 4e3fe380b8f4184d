"""Journeys with their people: the list, and what goes on in one of them."""
