"""Tests of what every API server does with objects."""
