"""What is kept and nothing reads: since when, how much of it there is, and what it costs."""
