"""Texts from the hosts that somebody allows; needs neither Django nor a database."""

from __future__ import annotations

from collections.abc import Sequence

from policy_app.evaluation.language.installation import SourceError
from policy_app.services.outbound import (
    Limits,
    Outbound,
    OutboundError,
    OutboundRefusedError,
)

LIMITS = Limits(seconds=5.0, most_bytes=1_048_576)


def download(url: str, hosts: Sequence[str]) -> str:
    """The UTF-8 text at a URL, asked for now.  Raises ``SourceError`` with a whole sentence."""
    try:
        text = Outbound(hosts).get(url, LIMITS).decode("utf-8-sig")
    except OutboundRefusedError as error:
        raise SourceError(f"{url} is not fetched: {error}.") from None
    except OutboundError as error:
        raise SourceError(f"{url} could not be fetched: {error}.") from None
    except UnicodeDecodeError:
        raise SourceError(f"{url} is not UTF-8 text.") from None
    if "\x00" in text:
        raise SourceError(f"{url} has a NUL character, which no YAML has.")
    return text
