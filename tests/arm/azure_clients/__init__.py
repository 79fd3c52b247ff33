"""Unmodified versions of the Azure SDK that have what the newest releases have no words for."""
