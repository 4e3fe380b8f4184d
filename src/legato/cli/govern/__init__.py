"""Commands of what governs: the audit, and what else says who may do what."""
