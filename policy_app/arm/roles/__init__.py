"""Roles and who has them, as Microsoft.Authorization serves them (api-version 2022-04-01)."""
