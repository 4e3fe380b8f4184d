"""Backtests: recorded history lived through twice, and what became of people differently."""
