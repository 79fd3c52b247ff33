"""The assign wizard, without scripts and in a real Chromium."""
