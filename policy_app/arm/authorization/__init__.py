"""Microsoft.Authorization: policy assignments, policy definitions, policy set definitions."""
