"""Compliance: clusters are audited, and what comes of it is kept, rolled up and told.

``scanning`` asks for scans; ``planning``, ``judging`` and ``finishing`` are the work itself, which
``services.work`` has done by workers; ``schedule`` tells which clusters are due; ``records`` reads
what was found, for pages and for the REST API; ``rollup`` is Azure's arithmetic of states.
"""
