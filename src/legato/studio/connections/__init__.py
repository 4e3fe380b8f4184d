"""Routes of what is connected: the catalogue, destinations, sources, and changing them."""
