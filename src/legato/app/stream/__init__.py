"""Events on their way to destinations, as the running app sees to them."""
