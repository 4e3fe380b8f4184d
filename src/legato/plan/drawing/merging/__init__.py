"""Two drafts of one text brought together, and what differs between two drawings."""
