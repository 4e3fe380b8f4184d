"""Rehearsal, composed: worlds on memory stores, behind walls that let nothing out."""
