"""Files that come from elsewhere: where they belong among those that run, and their comments."""
