"""Who a rule is true of."""
