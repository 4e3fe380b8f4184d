"""The log and the state in SQLite: one file each."""
