"""How well it goes, as people see it."""
