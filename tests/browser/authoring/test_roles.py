"""Each role meets the pages of a custom definition as it may: to read it, or to change it too."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Definition
from policy_app.services.authorization import roles
from tests.granting import grant

READ = ("compare", "export", "playground")
WRITE = ("edit", "delete", "new", "import", "from-template")


def answers(client: Client, row: Definition, pages: tuple[str, ...]) -> set[int]:
    """The statuses of pages about a definition."""
    query = urlencode({"id": row.arm_id})
    return {client.get(f"/policy/definitions/{page}?{query}").status_code for page in pages}


@pytest.mark.parametrize(
    ("role", "changing"),
    [
        (roles.READER, 403),
        (roles.CONTRIBUTOR, 403),
        (roles.POLICY_CONTRIBUTOR, 200),
        (roles.OWNER, 200),
    ],
)
def test_a_role_at_the_subscription_decides_what_can_be_done_there(
    client: Client,
    own: Definition,
    django_user_model: type[User],
    role: uuid.UUID,
    changing: int,
) -> None:
    person = django_user_model.objects.create_user("person")
    assert own.scope is not None
    grant(person, role, own.scope)
    client.force_login(person)
    assert answers(client, own, READ) == {200}
    assert answers(client, own, WRITE) == {changing}
    page = client.get(f"/policy/definitions/policy/own?{urlencode({'id': own.arm_id})}")
    assert (b"/policy/definitions/edit?" in page.content) == (changing == 200)
