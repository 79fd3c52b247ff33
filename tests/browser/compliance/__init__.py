"""The pages of compliance and denials."""
