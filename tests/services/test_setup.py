"""The first start makes what is needed once; readiness tells what is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import setup
from policy_app.services.setup import Check


def by_name() -> dict[str, Check]:
    return {check.name: check for check in setup.readiness()}


@pytest.mark.usefixtures("portal")
def test_the_first_start_makes_admin_without_a_password() -> None:
    assert setup.prepare().first_start
    admin = User.objects.get()
    assert admin.username == "admin"
    assert admin.is_superuser
    assert not admin.has_usable_password()
    assert setup.first_superuser() == admin


@pytest.mark.usefixtures("portal")
def test_an_estate_that_was_deleted_stays_deleted() -> None:
    setup.prepare()
    for scope in Scope.objects.order_by("-path"):
        scope.delete()
    assert not setup.prepare().first_start
    assert not Scope.objects.exists()


@pytest.mark.usefixtures("portal")
def test_an_admin_who_was_locked_out_stays_out(alice: User) -> None:
    User.objects.create_user("admin", is_active=False)
    setup.prepare()
    assert not User.objects.get(username="admin").is_active
    assert setup.first_superuser() == alice


@pytest.mark.usefixtures("portal")
def test_a_second_start_changes_nothing() -> None:
    setup.prepare()
    again = setup.prepare()
    assert not again.migrated
    assert (again.catalogue.created, again.catalogue.updated) == ([], [])
    assert not again.first_start


@pytest.mark.usefixtures("portal")
def test_a_built_in_definition_that_is_missing_is_loaded_again() -> None:
    lost = Definition.objects.filter(kind="policy").first()
    assert lost
    lost.delete()
    assert not by_name()["catalogue"].ok
    report = setup.prepare().catalogue
    assert any(label.startswith(lost.display_name) for label in report.created)
    assert by_name()["catalogue"].ok


@pytest.mark.usefixtures("portal")
def test_everything_in_place_is_ready() -> None:
    assert [(check.name, check.ok) for check in setup.readiness()] == [
        ("database", True),
        ("migrations", True),
        ("catalogue", True),
    ]


@pytest.mark.usefixtures("portal")
def test_a_migration_that_is_not_applied_is_named() -> None:
    MigrationRecorder(connection).record_unapplied("policy_app", "0001_initial")
    checks = by_name()
    assert not checks["migrations"].ok
    assert "policy_app.0001_initial" in checks["migrations"].detail
    assert checks["catalogue"] == Check(
        "catalogue", False, "Not looked at: the check before it failed."
    )


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_told_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone() -> Callable[[], object]:
        raise OperationalError("connection to server at 10.1.2.3, user secret failed")

    monkeypatch.setattr(connection, "cursor", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    checks = setup.readiness()
    assert [check.ok for check in checks] == [False, False, False]
    assert "does not answer" in checks[0].detail
    assert "10.1.2.3" not in "".join(check.detail for check in checks)


@pytest.mark.usefixtures("portal")
def test_the_first_start_assigns_nothing() -> None:
    setup.prepare()
    assert not Assignment.objects.exists()
