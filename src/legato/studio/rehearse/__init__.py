"""Routes by which definitions are tried out before anybody is contacted."""
