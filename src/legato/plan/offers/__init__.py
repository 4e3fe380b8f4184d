"""Offers as people write them."""
