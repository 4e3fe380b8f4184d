"""One rule by itself."""
