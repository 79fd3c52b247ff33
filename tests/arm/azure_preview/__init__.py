"""The unmodified pre-releases of the Azure SDK, which have what the releases have no words for."""
