"""The language of Rego: one file for each part of it."""
