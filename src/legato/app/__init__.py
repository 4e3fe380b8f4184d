"""The composition root: the only floor that names a concrete store or transport."""
