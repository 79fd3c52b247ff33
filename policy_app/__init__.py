"""Policy Portal's one Django application; each folder below is one room of the house."""
