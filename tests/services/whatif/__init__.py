"""Tests of what an assignment would break."""
