"""How much one process of the portal gives to the clusters' clients."""

from __future__ import annotations

MOST_WATCHES = 100
"""Watches at once: each holds a thread of the server."""
