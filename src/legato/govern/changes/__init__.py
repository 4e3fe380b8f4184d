"""Changes of definitions that somebody proposes and others answer for."""
