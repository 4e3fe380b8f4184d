"""Conditions as people write them: tests, properties and measurements."""
