"""Fixtures that stand on what the portal ships: the catalogue and the demo estate."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import DateTimeField, Model

from policy_app.catalog.importer import import_path
from policy_app.models import Cluster, Definition, DefinitionVersion, Scope
from policy_app.services import definitions, estate, scopes
from policy_app.services.authorization import roles

BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
RESTRICTED = "42b8ef37-b724-4e24-bbc8-7a7708edfe00"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"


_imported: dict[type[Model], list[Model]] = {}
"""Every row of the portal's tables as the import left it: read once a session."""


def load_catalogue() -> None:
    """Import fixtures/ and make the demo estate, and keep the rows."""
    if not Definition.objects.exists():
        for folder in ("definitions", "initiatives"):
            import_path(settings.FIXTURES_DIR / folder, DefinitionVersion.Origin.PORTAL)
    estate.make_demo()
    roles.load_built_in()
    for model in apps.get_app_config("policy_app").get_models():
        _imported[model] = list(model._base_manager.all())


def put_back() -> None:
    """The same rows under the same keys, histories included, without importing them again."""
    with transaction.atomic():
        for model, rows in _imported.items():
            written = [_written(row) for row in rows]
            model._base_manager.bulk_create(rows)
            for row, moments in zip(rows, written, strict=True):
                _put_back_moments(row, moments)
        _count_on()


def _written(row: Model) -> dict[str, Any]:
    """The moments of a row that Django sets anew on whatever is stored."""
    fields = [field for field in row._meta.concrete_fields if isinstance(field, DateTimeField)]
    stamped = [field.name for field in fields if field.auto_now or field.auto_now_add]
    return {name: getattr(row, name) for name in stamped}


def _put_back_moments(row: Model, moments: dict[str, Any]) -> None:
    if moments:
        type(row)._base_manager.filter(pk=row.pk).update(**moments)
    for name, moment in moments.items():
        setattr(row, name, moment)


def _count_on() -> None:
    """Let new rows count on from the restored keys, which a flush set back to 1 on PostgreSQL."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(_imported))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """Load both once, before any test's own transaction, so that most tests find them there."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        load_catalogue()


@pytest.fixture
def portal(db: None) -> None:
    """The catalogue and the estate; put back where a transactional test flushed them."""
    if not Definition.objects.exists():
        put_back()


@pytest.fixture
def baseline(portal: None) -> Definition:
    """The pod security baseline initiative."""
    return definitions.built_in(Definition.Kind.INITIATIVE, BASELINE)


@pytest.fixture
def restricted(portal: None) -> Definition:
    """The pod security restricted initiative."""
    return definitions.built_in(Definition.Kind.INITIATIVE, RESTRICTED)


@pytest.fixture
def rg_demo(portal: None) -> Scope:
    """The resource group of cluster aks-demo."""
    return scopes.get(f"{SUBSCRIPTION}/resourceGroups/rg-demo")


@pytest.fixture
def rg_staging(portal: None) -> Scope:
    """The resource group of cluster aks-staging."""
    return scopes.get(f"{SUBSCRIPTION}/resourceGroups/rg-staging")


@pytest.fixture
def aks_demo(portal: None) -> Cluster:
    """The cluster in rg-demo."""
    return Cluster.objects.select_related("scope").get(scope__name="aks-demo")


@pytest.fixture
def aks_staging(portal: None) -> Cluster:
    """The cluster in rg-staging."""
    return Cluster.objects.select_related("scope").get(scope__name="aks-staging")


@pytest.fixture
def alice(db: None) -> User:
    """A person who may do everything in the portal."""
    return User.objects.create_superuser("alice", password=None)
