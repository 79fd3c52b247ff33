"""The review shows the very request that Create makes."""

from __future__ import annotations

import json

from policy_app.services import drafts, requests
from tests.browser.assign.wizard import complete, stored
from tests.browser.html_forms import WebForm


def test_the_review_shows_the_very_request(form: WebForm) -> None:
    form.set("p.effect", "Deny")
    review = complete(form)
    copied = {str(one["data-copy"]) for one in review.page.select(".request-view [data-copy]")}

    review.send("save", "1")

    draft = drafts.from_assignment(stored())
    draft.metadata = {"assignedBy": "alice"}
    assert copied == {requests.rest(draft), requests.az(draft), requests.json_body(draft)}


def test_the_request_in_the_review_is_json(form: WebForm) -> None:
    review = complete(form)
    (shown,) = [
        str(one["data-copy"]) for one in review.page.select('[data-view="json"] [data-copy]')
    ]

    assert json.loads(shown)["properties"]["enforcementMode"] == "Default"
