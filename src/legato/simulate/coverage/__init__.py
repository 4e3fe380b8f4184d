"""Which ways through a plan's journeys its scenarios have gone."""
