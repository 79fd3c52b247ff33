"""Tests of what a cluster does by itself."""
