"""What the API machinery knows as data."""
