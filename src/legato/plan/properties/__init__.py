"""Properties and waivers: what people write of what their journeys must not do."""
