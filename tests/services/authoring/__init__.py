"""Custom definitions and initiatives: what is stored, refused, versioned, exported and read."""
