"""The door of the clusters: what kubectl and real API servers get."""
