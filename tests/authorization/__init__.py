"""Who may do what, at every door."""
