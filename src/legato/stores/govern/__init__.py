"""What is kept of who may do what, and of what was done: one file, `govern.db`."""
