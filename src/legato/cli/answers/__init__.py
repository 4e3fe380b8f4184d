"""Answers that are counted while one waits."""
