"""Texts that definitions name by URL: from the portal's stores, or fetched where that is allowed.

Nothing is fetched unless the operator names the host (``TEMPLATE_HOSTS``).  What is fetched is
kept in the database with its digest, so that one answer is enough and a restart asks nobody.
"""

from __future__ import annotations

import time

import structlog
from django.conf import settings

from policy_app.catalog import sources
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.installation import SourceError
from policy_app.models import FetchedTemplate
from policy_app.models.fetched import digest
from policy_app.services.downloading import download

RETRY_SECONDS = 60.0
"""How long a failure is remembered, so that a page does not wait for the same host every time."""

_failures: dict[str, tuple[float, str]] = {}
_log = structlog.get_logger("fetching")


def text(source: Source) -> str:
    """The text that a source at a URL names.

    Raises ``SourceError`` with a sentence that says what stands in the way.
    """
    found = sources.text(source)
    if found is None:
        found = _kept(source.url)
    return _fetched(source.url) if found is None else found


def _kept(url: str) -> str | None:
    row = FetchedTemplate.objects.filter(key=digest(url)).first()
    return row.text if row else None


def _fetched(url: str) -> str:
    if not settings.TEMPLATE_HOSTS:
        raise SourceError(
            f"{url} is not in the portal's store, and the portal fetches nothing: "
            "POLICY_PORTAL_TEMPLATE_HOSTS names no host."
        )
    since, problem = _failures.get(url, (0.0, ""))
    if problem and time.monotonic() - since < RETRY_SECONDS:
        raise SourceError(problem)
    try:
        found = download(url, settings.TEMPLATE_HOSTS)
    except SourceError as error:
        _failures[url] = time.monotonic(), error.message
        _log.warning("template not fetched", url=url, problem=error.message)
        raise
    _failures.pop(url, None)
    # Of two requests that fetch at once, the first one's text is the one that both use.
    row, _ = FetchedTemplate.objects.get_or_create(
        key=digest(url), defaults={"url": url, "text": found}
    )
    _log.info("template fetched", url=url, sha256=row.sha256)
    return row.text
