"""Routes of segments: a list with sizes, one with its people, and edits of its text."""
