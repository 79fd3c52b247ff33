"""The REST door: Azure Resource Manager's policy operations, one folder a resource provider."""
