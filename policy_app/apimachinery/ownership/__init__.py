"""Server-side apply: which manager owns which field of an object, and what follows from it.

Source: sigs.k8s.io/structured-merge-diff, and the field managers that API servers build of it.
``metadata.managedFields`` has one entry for each manager, operation, subresource and version, with
the set of its fields in the form ``FieldsV1``.
"""

from __future__ import annotations

from policy_app.apimachinery.ownership.applying import apply
from policy_app.apimachinery.ownership.managers import APPLY, UPDATE
from policy_app.apimachinery.ownership.noting import noted

__all__ = ["APPLY", "UPDATE", "apply", "noted"]
