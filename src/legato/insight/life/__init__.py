"""The life of one record of the log, told from its notes."""
