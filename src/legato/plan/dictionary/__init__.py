"""The shared dictionary: words, teams, one definition each, and who uses it."""
