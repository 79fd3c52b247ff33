"""The boundary to Rego."""
