"""A caller of the REST door."""

from __future__ import annotations

from tests.arm.conftest import arm, token

__all__ = ["arm", "token"]
