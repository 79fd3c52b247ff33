"""Tests of the catalogue: definitions, templates, samples, and their import."""
