"""A journey's rollout: read, settled against the plan that runs, and put in words."""
