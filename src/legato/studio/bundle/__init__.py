"""The Studio's own files: what `web/` was built into, and the door that serves it."""
