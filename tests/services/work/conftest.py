"""What the tests of this folder share."""

from __future__ import annotations

from tests.services.work.scans import stage

__all__ = ["stage"]
