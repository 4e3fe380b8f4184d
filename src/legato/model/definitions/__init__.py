"""The parts of a plan that have nouns of their own."""
