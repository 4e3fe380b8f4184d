"""Crowds: people who do not exist, who live as people on record have lived."""
