"""The editor of initiatives."""
