"""Manifests: what is read, where it stands, and what is refused."""
