"""Tests of Rego: the language, its builtins, and their limits."""
