"""What definitions may do with facts, checked before there is a plan."""
