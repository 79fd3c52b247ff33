"""Pages: what they say through Django's client, and how they work in a real browser."""
