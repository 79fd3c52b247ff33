"""The evaluation module: from manifests and definitions to decisions."""
