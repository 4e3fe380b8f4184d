"""Accounts of destinations, of a running app: connected, and told of when they no longer are."""
