"""Routes about people: what is known of them, and erasing them."""
