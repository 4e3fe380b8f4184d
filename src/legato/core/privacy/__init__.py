"""What facts may be used for and where they may go: one rule for checking and for running."""
