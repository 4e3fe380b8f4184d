"""Finding what a plan defines by words."""
