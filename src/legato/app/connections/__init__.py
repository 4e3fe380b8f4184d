"""What is connected: how it stands, and trying it out."""
