"""Definitions, their versions and members: to be read; imports change them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from policy_app.admin.base import ReadOnly, WithHistory, pretty
from policy_app.models import Definition, DefinitionVersion, InitiativeMember
from policy_app.services import definitions


class CategoryFilter(admin.SimpleListFilter):
    """By category; Django's own filter offers an empty link where a category is empty."""

    title = "category"
    parameter_name = "category"
    column = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The categories in use."""
        return [(name, name) for name in definitions.categories(None)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen one."""
        chosen = self.value()
        return queryset.filter(**{self.column: chosen}) if chosen else queryset


class VersionCategoryFilter(CategoryFilter):
    """The same for versions."""

    column = "definition__category"


class MemberCategoryFilter(CategoryFilter):
    """The same for members: the category of their initiative."""

    column = "initiative__definition__category"


@admin.register(Definition)
class DefinitionAdmin(ReadOnly, WithHistory):
    """The definitions as the lists show them."""

    list_display = (
        "display_name",
        "kind",
        "latest_version",
        "policy_type",
        "category",
        "evaluated",
    )
    list_filter = ("kind", "policy_type", CategoryFilter)
    search_fields = ("display_name", "name", "arm_id")

    @admin.display(boolean=True, description="Evaluated here")
    def evaluated(self, row: Definition) -> bool:
        """Can the portal judge by it?"""
        return not row.evaluation_gap


@admin.register(DefinitionVersion)
class DefinitionVersionAdmin(ReadOnly, WithHistory):
    """Each version with its JSON."""

    list_display = ("definition", "version", "origin")
    list_filter = ("origin", "definition__kind", VersionCategoryFilter)
    list_select_related = ("definition",)
    search_fields = ("definition__display_name", "definition__name", "version")
    fields = ("definition", "version", "origin", "fingerprint", "json")
    readonly_fields = ("json",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DefinitionVersion]:
        """The list does without the bodies, which are large."""
        rows: QuerySet[DefinitionVersion] = super().get_queryset(request)
        return rows.defer("body")

    @admin.display(description="Properties")
    def json(self, row: DefinitionVersion) -> SafeString:
        """The body, indented."""
        return pretty(row.body)


@admin.register(InitiativeMember)
class InitiativeMemberAdmin(ReadOnly):
    """The index behind "used in"."""

    list_display = ("initiative_name", "reference_id", "pinned", "definition_key")
    list_filter = (MemberCategoryFilter,)
    list_select_related = ("initiative__definition",)
    search_fields = ("reference_id", "definition_key", "initiative__definition__display_name")

    @admin.display(description="Initiative")
    def initiative_name(self, row: InitiativeMember) -> str:
        """The initiative and the version of it."""
        return f"{row.initiative.definition} {row.initiative.version}"
