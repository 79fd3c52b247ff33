"""The browser's door: pages and their parts, rendered on the server."""
