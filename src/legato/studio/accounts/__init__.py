"""Routes of those who call: their tokens, users, teams, sessions and signing in."""
