"""What rests on what in a plan: whom a change concerns, and what it would break."""
