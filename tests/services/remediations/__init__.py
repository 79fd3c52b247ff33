"""Remediations, from what is asked for to what becomes of each object."""
