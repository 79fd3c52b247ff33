"""Fixtures that stand on what the portal ships: the catalogue and the demo estate.

Both are loaded once a session, into the database that every test begins with: its clusters as
somebody finds them who looks for the first time, the add-on's parts at work in them. That takes a
second of processor time, which half of all tests would need again. It is safe to share, since what
a test does to these rows is rolled back after it, or flushed and put back; and since the add-on's
next cycle is set to begin with each test, however long ago the session began.

Whatever the order of the tests, a flush is made good before the next one begins its transaction:
inside, the rows would be put back and rolled back for every test that follows.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from pytest_django.plugin import blocking_manager_key

from policy_app.catalog.importer import import_path
from policy_app.models import AddonState, Cluster, Definition, DefinitionVersion, Scope
from policy_app.services import definitions, estate, scopes
from policy_app.services.authorization import roles
from policy_app.services.cluster import clock
from tests import databases

BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
RESTRICTED = "42b8ef37-b724-4e24-bbc8-7a7708edfe00"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"


def load_catalogue() -> None:
    """Import fixtures/, make the demo estate, and let its clusters settle."""
    for folder in ("definitions", "initiatives"):
        import_path(settings.FIXTURES_DIR / folder, DefinitionVersion.Origin.PORTAL)
    estate.make_demo()
    roles.load_built_in()
    for cluster in Cluster.objects.order_by("pk"):
        clock.catch_up(cluster)


def _tables() -> dict[str, str]:
    """The portal's tables, each with one that keeps a copy of its rows, which no flush knows."""
    found = (model._meta.db_table for model in _models())
    return {table: f"kept_{table}" for table in found}


def _models() -> list[type[Model]]:
    return list(apps.get_app_config("policy_app").get_models())


def _keep() -> None:
    with connection.cursor() as cursor:
        for table, kept in _tables().items():
            cursor.execute(f"CREATE TABLE {kept} AS SELECT * FROM {table}")


def put_back() -> None:
    """The same rows under the same keys, histories included, without importing them again."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, kept in _tables().items():
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {kept}")
        _count_on()


def _count_on() -> None:
    """Let new rows count on from the restored keys, which a flush set back to 1 on PostgreSQL."""
    statements = connection.ops.sequence_reset_sql(no_style(), _models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="session")
def django_db_setup(
    shared_name: str, django_db_setup: None, django_db_blocker: object, alone: ExitStack
) -> None:
    """Load both once, before any test's own transaction, so that most tests find them there."""
    with alone, django_db_blocker.unblock():  # type: ignore[attr-defined]
        if not Definition.objects.exists():
            load_catalogue()
            _keep()
            databases.share(shared_name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Put back what a transactional test's end flushed; at the last one's the database goes."""
    yield
    if nextitem is not None and _flushes(item):
        with item.config.stash[blocking_manager_key].unblock():
            # A test that was skipped has flushed nothing.
            if not Definition.objects.exists():
                put_back()


def _flushes(item: pytest.Item) -> bool:
    """Whether the database is emptied after a test, as pytest-django decides it."""
    used = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(used) or any(
        mark.kwargs.get("transaction") for mark in item.iter_markers("django_db")
    )


@pytest.fixture
def portal(db: None) -> None:
    """The catalogue and the estate, whose add-ons have synced just now."""
    AddonState.objects.update(synced_at=timezone.now())


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
