"""Why a message went or did not: read from the notes."""
