"""Retiring what a catalog declares: the word for it, who may not read it, since when it holds."""
