"""Texts that do not come with the portal: fetched where the command line allows their host."""

from __future__ import annotations

from collections.abc import Sequence

from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.installation import SourceError, Texts


def nowhere(source: Source) -> str:
    """What is asked where nothing may be fetched.  Raises ``SourceError``."""
    raise SourceError(
        f"{source.url} is not among the files that come with the portal; --allow-host lets its"
        " host be asked."
    )


def at_hosts(hosts: Sequence[str]) -> Texts:
    """Ask these hosts, each URL once a run; ``nowhere`` without any."""
    if not hosts:
        return nowhere
    # Loaded where it is needed: most runs ask nobody, and should start quickly.
    from functools import cache

    from policy_app.services.downloading import download

    @cache
    def text(url: str) -> str:
        return download(url, hosts)

    return lambda source: text(source.url)
