"""Gatekeeper's semantics, with the objects that its tests share."""
