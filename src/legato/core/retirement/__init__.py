"""What a catalog has retired: left out, hidden for 30 days, then removed for good."""
