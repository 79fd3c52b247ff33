"""Tests of CEL: what it says, how it fails, and that nothing outruns its bounds."""
