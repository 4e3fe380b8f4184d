"""Consents of everybody together: what was answered, what it takes, who was told in time."""
