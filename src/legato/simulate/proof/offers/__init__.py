"""Whether offers that contradict each other can both be told to one person."""
