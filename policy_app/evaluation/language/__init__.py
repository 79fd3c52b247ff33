"""Azure's layer: definitions, parameters, assignments, and what becomes of them in a cluster.

Each module stands on its own: import from ``language.definitions``, ``language.assignments``…
"""

from __future__ import annotations
