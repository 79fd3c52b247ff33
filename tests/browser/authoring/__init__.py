"""The pages on which definitions are written."""
