"""Proofs: every way through a journey, looked at for one on which it does what it must not."""
