"""What the API promises to programs: its OpenAPI document."""
