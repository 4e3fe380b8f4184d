"""Who may be one person under two identities: suggestions that a person reviews."""
