"""What ``test``, ``export``, ``mutate`` and ``expand`` share: policies and manifests from files.

No Django and no database: definitions come off the shelf (``catalog.shelf``) or from the user's
own files.
"""
