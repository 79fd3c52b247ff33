"""Tests that say what a user relies on."""
