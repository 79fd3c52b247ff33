"""One module a command: ``policy-portal manage NAME``."""
