"""Who is in segments: counted, overlapping, and by id."""
