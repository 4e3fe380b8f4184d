"""What lanes need of the world for accounts: where tokens are kept, and rates are shared."""
