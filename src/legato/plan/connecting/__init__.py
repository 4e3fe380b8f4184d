"""Sources and destinations as texts: read from a workspace's files, and written into them."""
