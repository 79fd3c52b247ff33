"""What every Kubernetes API server does with objects, in pure Python: no Django, no I/O but data.

The simulated cluster stands on it: kinds and their discovery, schemas and defaults, patches and
field ownership, selectors, tables, and the Status that tells a client what went wrong.
"""
