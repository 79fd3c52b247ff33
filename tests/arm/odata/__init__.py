"""OData's query options: what is read of them, and how what cannot be read is told."""
