"""The Remediation page, with and without a browser."""
