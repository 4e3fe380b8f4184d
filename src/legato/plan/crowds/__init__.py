"""Crowds for simulations: how many people, like whom, in which kind of world."""
