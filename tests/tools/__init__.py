"""The set-up: what it finds, and what counts as a failure in CI."""
