"""What the admin's classes share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db.models import JSONField, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from policy_app import callers
from policy_app.services import activity
from policy_app.services.errors import PolicyError

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
else:
    AnyAdmin = admin.ModelAdmin
    AnyInline = admin.TabularInline


_SECRETS = frozenset({"password", "digest"})
_JSON = (str, int, float, bool, dict, list, type(None))


class NoAdding(AnyAdmin):
    """Rows that only the portal itself makes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class NoEditing(NoAdding):
    """Rows that are made once and can only be looked at, or deleted."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


class ReadOnly(NoEditing):
    """Rows to be looked at."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


class WithHistory(SimpleHistoryAdmin):  # type: ignore[misc]  # the library has no types
    """A model whose earlier states can be read; they cannot be edited or brought back."""


class PolicyResourceAdmin(WithHistory):
    """A policy resource in ARM's own terms, which its service stores and deletes."""

    raw_id_fields: tuple[str, ...] = ("scope",)
    formfield_overrides = {JSONField: {"widget": AdminTextareaWidget(attrs={"rows": 4})}}

    def store(self, form: Any, by: Any) -> Model:
        """Let the service store what the form has checked, and return the row."""
        raise NotImplementedError

    def remove(self, row: Any, by: Any) -> None:
        """Let the service delete a row."""
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Scope and name are the identity of a resource."""
        return ("scope", "name") if obj else ()

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the service."""
        # The admin goes on with its own object: the log and the redirect need the key.
        obj.pk = self.store(form, callers.principal_of(request, callers.ADMIN)).pk
        obj.refresh_from_db()

    def delete_model(self, request: Any, obj: Any) -> None:
        """Through the service."""
        self.remove(obj, callers.principal_of(request, callers.ADMIN))

    def delete_queryset(self, request: Any, queryset: QuerySet[Any]) -> None:
        """Each through the service, so that each keeps who deleted it."""
        for row in queryset:
            self.remove(row, callers.principal_of(request, callers.ADMIN))


class Recorded(AnyAdmin):
    """Rows that the console itself changes: each change goes into the activity log, too."""

    def get_object(self, request: Any, object_id: Any, from_field: Any = None) -> Any:
        """The row, which remembers how it was before a form changes it."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found._was = _state(found)
        return found

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        """After a row was made."""
        _record(request, obj, "write", after=_state(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        """After a row was changed; the message says so of a password, too, which is not kept."""
        told = str(message) if isinstance(message, str) else json.dumps(message)
        was = getattr(obj, "_was", None)
        _record(request, obj, "write", before=was, after=_state(obj), message=told)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        """Before rows are deleted, with how much goes with each."""
        for obj in queryset:
            _, counts, _, _ = self.get_deleted_objects([obj], request)
            goes = {str(name): number for name, number in counts.items()}
            _record(request, obj, "delete", before={**_state(obj), "deletedWithIt": goes})
        return super().log_deletions(request, queryset)


def _record(request: Any, obj: Any, verb: str, **told: Any) -> None:
    kind = obj._meta.model_name
    activity.record(
        callers.principal_of(request, callers.ADMIN),
        f"Microsoft.PolicyPortal/{kind}s/{verb}",
        f"/providers/Microsoft.PolicyPortal/{kind}s/{obj.pk}",
        **told,
    )


def _state(obj: Model) -> dict[str, Any]:
    """A row as the log keeps it: without passwords and hashes, names in the place of keys."""
    told: dict[str, Any] = {"name": str(obj)}
    for field in obj._meta.concrete_fields:
        if field.name not in _SECRETS:
            value = getattr(obj, field.name)
            told[field.name] = value if isinstance(value, _JSON) else str(value)
    for several in obj._meta.many_to_many:
        told[several.name] = sorted(map(str, getattr(obj, several.name).all()))
    return told


def pretty(value: Any) -> SafeString:
    """A JSON value as indented text."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


def show_refusal(form: Any, refusal: PolicyError, names: Mapping[str, str]) -> None:
    """Put what a service refuses beside the fields of a form; ``names`` are theirs by ARM's."""
    for one in refusal.every():
        first = one.target.removeprefix("properties.").partition(".")[0].partition("[")[0]
        field = names.get(first, first)
        known = field if field in form.fields else None
        form.add_error(known, ValidationError(one.message, code=one.code))
