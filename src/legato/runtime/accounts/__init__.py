"""Accounts of destinations: their secrets and tokens, at the moment of sending."""
