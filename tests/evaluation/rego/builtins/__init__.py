"""Tests of the builtins, one module a family."""
