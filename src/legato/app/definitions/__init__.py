"""The definitions that a running app is on: checked, activated, and old versions kept."""
