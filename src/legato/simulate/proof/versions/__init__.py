"""Plans with older versions in place of present ones."""
