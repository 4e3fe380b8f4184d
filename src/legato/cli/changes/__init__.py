"""The commands around changes of definitions."""
