"""Who may do what with the definitions and the data, and what was done."""
