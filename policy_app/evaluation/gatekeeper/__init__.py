"""Gatekeeper's semantics: templates, constraints, matching, reviews and decisions.

Usable without Azure's layer and without Django; each module stands on its own.
Source of the behaviour: Gatekeeper 3.19 and the constraint framework.
"""

from __future__ import annotations
