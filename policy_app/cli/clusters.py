"""What commands about a simulated cluster share: which one, where the portal is, whom to trust."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from policy_app.cli.failure import Failure


def add_server_option(parser: argparse.ArgumentParser, default: str, help_text: str) -> None:
    """Add ``--server``, the portal's address as the other side reaches it."""
    parser.add_argument("--server", default=default, metavar="URL", help=f"{help_text} ({default})")


def server_of(text: str) -> str:
    """The portal's address without a slash at its end; ``Failure`` where it is none."""
    parts = urlsplit(text.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Failure(f"--server {text!r} is no address; write http://HOST:PORT or https://HOST.")
    return urlunsplit(parts)


def cluster_name(text: str) -> str:
    """The name by which a cluster is found; ``Failure`` that lists the clusters."""
    from policy_app.apimachinery.errors import ApiError
    from policy_app.services import scopes
    from policy_app.services.cluster import lookup

    try:
        return lookup.name_of(lookup.by_name(text))
    except ApiError as error:
        names = ", ".join(sorted(one.scope.name for one in scopes.clusters()))
        raise Failure(f"{error.message}; the clusters are: {names or 'none'}.") from error


def authority_of(data: Path) -> str:
    """The portal's own authority, where it has one; else the system's are trusted."""
    from policy_app.cli import tls

    found = tls.files(data).authority
    return base64.b64encode(found.read_bytes()).decode() if found.exists() else ""
