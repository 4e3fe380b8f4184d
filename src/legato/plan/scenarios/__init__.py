"""Scenarios: stories that a plan must tell, as people write them in scenarios/."""
