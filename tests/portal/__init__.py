"""Settings, health and what surrounds the application."""
