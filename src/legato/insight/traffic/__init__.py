"""How people go through journeys: who is inside now, and which ways were taken lately."""
