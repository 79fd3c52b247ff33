"""The use cases of a simulated cluster: read, write and watch its objects, and what follows.

``store`` keeps objects and their changes, ``reads``, ``writes`` and ``watching`` are what the API
offers, ``policy`` is what Gatekeeper does with a write, ``controllers`` is what the cluster does by
itself, ``addon`` is how assignments become templates, constraints and mutators.
"""
