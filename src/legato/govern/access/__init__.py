"""Who calls: users, teams, passwords, sessions and tokens, and what each of them may."""
