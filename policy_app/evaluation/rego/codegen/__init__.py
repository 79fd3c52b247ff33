"""From resolved rules to Python functions."""
