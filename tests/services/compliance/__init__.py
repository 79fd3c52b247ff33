"""Audits, and what is told of them."""
