"""Changes of the stored shape, oldest first."""
