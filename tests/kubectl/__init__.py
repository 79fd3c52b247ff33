"""Unmodified clients of Kubernetes against a portal that runs in a process of its own."""
