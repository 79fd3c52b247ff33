"""The catalogue that tests find after a flush is the one that was imported."""

from __future__ import annotations

from itertools import chain

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command

from policy_app.models import AddonState, Definition
from tests.estate_fixtures import put_back


def dumped() -> list[str]:
    """Every row of the portal's tables, one a line."""
    models = apps.get_app_config("policy_app").get_models()
    rows = chain.from_iterable(model._base_manager.order_by("pk") for model in models)
    text: str = serializers.serialize("jsonl", rows)
    return text.splitlines()


@pytest.mark.django_db(transaction=True)
def test_every_row_comes_back_as_it_was(portal: None) -> None:
    before = dumped()
    (synced_at,) = set(AddonState.objects.values_list("synced_at", flat=True))
    call_command("flush", interactive=False, verbosity=0)
    assert not Definition.objects.exists()

    put_back()

    # Each test begins with add-ons that have just synced.
    AddonState.objects.update(synced_at=synced_at)
    assert dumped() == before
