"""Tests of the use cases of simulated clusters."""
