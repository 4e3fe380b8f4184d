"""Beginning a workspace: with the starter, or with journeys that ship as templates."""
