"""A kubeconfig, read and checked before a client takes it, so that each fault has its sentence.

What the client says of a file that it cannot read may hold the credentials in it; none of that
is passed on.
"""

from __future__ import annotations

import binascii
import logging
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import yaml

from policy_app.services.errors import PolicyError

# Loaded with this module alone, which commands that need no cluster never import.
_client: Any = import_module("kubernetes.client")
_config: Any = import_module("kubernetes.config")


@dataclass(frozen=True, slots=True)
class Connection:
    """A client with the credentials of a context, and how errors name all that."""

    client: Any
    """``kubernetes.client.ApiClient``."""
    server: str
    """The address, without a user and a password in it."""
    context: str
    user: str


def connect(path: str, context: str = "") -> Connection:
    """The client for a context of a kubeconfig, the current one where none is named.

    Nothing is asked of the server.  Raises ``PolicyError`` that names the file and the field.
    """
    config = _read(path)
    name = context or str(config.get("current-context") or "")
    chosen = _chosen(path, config, name, context)
    server = _server(path, config, chosen)
    user = str(chosen.get("user") or "")
    if user:
        _entry(path, config, "users", user, f"the user of context {name}")
    client = _made(path, name, user, config)
    parts = urlsplit(server)
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
    if parts.username:
        # kubectl reads an identity that stands in the address, as the portal's own files have it.
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        client.set_default_header("Authorization", f"Basic {b64encode(words.encode()).decode()}")
        client.configuration.host = plain
    return Connection(client, plain, name, user)


def _read(path: str) -> Mapping[str, Any]:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
        found = yaml.safe_load(text)
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise _wrong(path, "it is no UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "it"
        raise _wrong(path, f"{where} is no YAML") from None
    if not isinstance(found, dict) or not isinstance(found.get("clusters"), list):
        raise _wrong(path, "it is no kubeconfig: clusters must be a list")
    return found


def _chosen(path: str, config: Mapping[str, Any], name: str, asked: str) -> Mapping[str, Any]:
    names = ", ".join(_names(config, "contexts")) or "none"
    if not name:
        raise _wrong(path, f"it has no current-context; choose one with --context: {names}")
    if name not in _names(config, "contexts"):
        field = f"there is no context {name}" if asked else f"current-context: {name} is not there"
        raise _wrong(path, f"{field}; the contexts are: {names}")
    found = _entry(path, config, "contexts", name, "current-context").get("context")
    if not isinstance(found, dict):
        raise _wrong(path, f"contexts[{name}].context must be an object")
    return found


def _server(path: str, config: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    name = str(chosen.get("cluster") or "")
    entry = _entry(path, config, "clusters", name, "the context's cluster").get("cluster")
    server = entry.get("server") if isinstance(entry, dict) else None
    if not isinstance(server, str) or not server.startswith(("http://", "https://")):
        raise _wrong(path, f"clusters[{name}].cluster.server must be an http or https address")
    return server


def _names(config: Mapping[str, Any], field: str) -> list[str]:
    entries = config.get(field)
    entries = entries if isinstance(entries, list) else []
    return [str(one.get("name")) for one in entries if isinstance(one, dict)]


def _entry(
    path: str, config: Mapping[str, Any], field: str, name: str, whose: str
) -> Mapping[str, Any]:
    for one in config.get(field) or []:
        if isinstance(one, dict) and one.get("name") == name:
            return one
    raise _wrong(path, f"{field} has no {name or 'name'}, which {whose} is")


def _made(path: str, context: str, user: str, config: Mapping[str, Any]) -> Any:
    configuration = _client.Configuration()
    told: list[str] = []
    try:
        with _heard(told):
            made = _config.new_client_from_config(
                str(Path(path).expanduser()),
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
    except OSError as error:
        # What cannot be read is a certificate, a key or a token in a file of its own.
        raise _wrong(path, f"{error.filename or 'a file'}: {error.strerror or error}") from None
    except (binascii.Error, UnicodeDecodeError):
        raise _wrong(path, f"the data of user {user} or of its cluster are no base64") from None
    except _config.ConfigException as error:
        missing = str(error).startswith("File does not exist")
        why = str(error) if missing else f"user {user} or its cluster lacks a field"
        raise _wrong(path, why) from None
    except (TypeError, KeyError, ValueError, AttributeError):
        raise _wrong(path, f"user {user} or its cluster has a field of a wrong type") from None
    _require_credentials(path, user, config, configuration, told)
    return made


def _require_credentials(
    path: str, user: str, config: Mapping[str, Any], configuration: Any, told: list[str]
) -> None:
    """The client goes on without any where a plug-in gave none; the server's 401 tells less."""
    entry = _entry(path, config, "users", user, "the user").get("user") if user else None
    plugin = entry.get("exec") if isinstance(entry, dict) else None
    if plugin and not configuration.api_key and not configuration.cert_file:
        command = plugin.get("command") if isinstance(plugin, dict) else ""
        why = (told[0] if told else "it printed none").removeprefix("exec: ").strip()
        raise _wrong(
            path, f"the plug-in {command} gave no credentials for user {user}: {why}; sign in anew"
        )


@contextmanager
def _heard(told: list[str]) -> Iterator[None]:
    """What the client only logs, taken out of the log."""

    def hear(record: logging.LogRecord) -> bool:
        told.append(" ".join(record.getMessage().split())[:300])
        return False

    logger = logging.getLogger()
    logger.addFilter(hear)
    try:
        yield
    finally:
        logger.removeFilter(hear)


def _wrong(path: str, why: str) -> PolicyError:
    message = f"The kubeconfig {path} cannot be used: {why}."
    return PolicyError("KubeconfigInvalid", message, target="kubeconfig")
