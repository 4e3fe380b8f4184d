"""The demonstration: the example shop, its history replayed, and stand-ins for the outside."""
