"""What the editor completes: the structure of a definition, as a file that browsers keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control

from policy_app.browser.authoring import form, subject
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest, portal_page
from policy_app.evaluation.language import structure
from policy_app.services.authoring import Kind

_ROOTS: Mapping[Kind, str] = {
    Kind.POLICY: structure.POLICY,
    Kind.INITIATIVE: structure.INITIATIVE,
}
_YEAR = 365 * 24 * 60 * 60


@portal_page()
def keywords(request: PortalRequest) -> HttpResponse:
    """The vocabulary of a kind (``kind=``); its address changes with what it says."""
    text = _text(subject.kind_of(asked(request, "kind")))
    response = HttpResponse(text, content_type="application/json")
    patch_cache_control(response, private=True, immutable=True, max_age=_YEAR)
    return response


def address(kind: Kind) -> str:
    """Where the vocabulary of a kind is."""
    digest = hashlib.sha256(_text(kind).encode()).hexdigest()[:12]
    return f"{reverse('definition-keywords')}?{urlencode({'kind': kind, 'v': digest})}"


@cache
def _text(kind: Kind) -> str:
    without = {_ROOTS[kind]: form.APART, structure.METADATA: form.METADATA_APART}
    return json.dumps(structure.vocabulary(_ROOTS[kind], without), separators=(",", ":"))
