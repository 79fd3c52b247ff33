"""The REST door, as its callers see it."""
