"""What names look like. Source: ``util/validation`` of apimachinery, RFC 1123 and RFC 1035.

Each function takes a text and gives what is wrong with it, nothing where it is right.
"""

from __future__ import annotations

import re

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_OLD_LABEL = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = rf"({_QUALIFIED})?"
_KEY = r"[-._a-zA-Z0-9]+"
_WILDCARD = rf"\*\.{_SUBDOMAIN}"

_ENDS = "must start and end with an alphanumeric character"
_LETTERS = "consist of alphanumeric characters, '-', '_' or '.', and"


def _regex(example: str, pattern: str) -> str:
    return f"(e.g. {example}, regex used for validation is '{pattern}')"


_ALPHANUMERIC = f"must {_LETTERS} {_ENDS}"
_EXAMPLE_SUBDOMAIN = _regex("'example.com'", _SUBDOMAIN)
_EXAMPLE_LABEL = _regex("'my-name',  or '123-abc'", _LABEL)
_EXAMPLE_OLD_LABEL = _regex("'my-name',  or 'abc-123'", _OLD_LABEL)
_EXAMPLE_NAME = _regex("'MyName',  or 'my.name',  or '123-abc'", _QUALIFIED)
_EXAMPLE_VALUE = _regex("'MyValue',  or 'my_value',  or '12345'", _LABEL_VALUE)
_EXAMPLE_KEY = _regex("'key.name',  or 'KEY_NAME',  or 'key-name'", _KEY)
_EXAMPLE_WILDCARD = _regex("'*.example.com'", _WILDCARD)

_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
    f" '.', and {_ENDS} {_EXAMPLE_SUBDOMAIN}"
)
_LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
    f" {_ENDS} {_EXAMPLE_LABEL}"
)
_OLD_LABEL_MESSAGE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
    f" alphabetic character, and end with an alphanumeric character {_EXAMPLE_OLD_LABEL}"
)
_QUALIFIED_MESSAGE = f"{_ALPHANUMERIC} {_EXAMPLE_NAME}"
_VALUE_MESSAGE = f"a valid label must be an empty string or {_LETTERS} {_ENDS} {_EXAMPLE_VALUE}"
_KEY_MESSAGE = (
    f"a valid config key must consist of alphanumeric characters, '-', '_' or '.' {_EXAMPLE_KEY}"
)
_WILDCARD_MESSAGE = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which"
    " must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric"
    f" character {_EXAMPLE_WILDCARD}"
)


def subdomain(text: str) -> list[str]:
    """``example.com``: names of most objects."""
    return _faults(text, _SUBDOMAIN, 253, _SUBDOMAIN_MESSAGE)


def label(text: str) -> list[str]:
    """``my-name``: names of containers, volumes and namespaces."""
    return _faults(text, _LABEL, 63, _LABEL_MESSAGE)


def old_label(text: str) -> list[str]:
    """``my-name`` that begins with a letter: names of Services."""
    return _faults(text, _OLD_LABEL, 63, _OLD_LABEL_MESSAGE)


def wildcard(text: str) -> list[str]:
    """``*.example.com``: hosts of Ingresses."""
    return _faults(text, _WILDCARD, 253, _WILDCARD_MESSAGE)


def config_key(text: str) -> list[str]:
    """Keys of ConfigMaps and Secrets."""
    found = _faults(text, _KEY, 253, _KEY_MESSAGE)
    return [*found, f"must not be '{text}'"] if text in (".", "..") else found


def label_value(text: str) -> list[str]:
    """The value of a label."""
    return _faults(text, _LABEL_VALUE, 63, _VALUE_MESSAGE)


def qualified(text: str) -> list[str]:
    """``example.com/MyName``: keys of labels and annotations, names of resources."""
    parts = text.split("/")
    if len(parts) > 2:
        return [
            f"a qualified name {_QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and"
            " '/' (e.g. 'example.com/MyName')"
        ]
    found = []
    if len(parts) == 2:
        found += _prefix_faults(parts[0])
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part must be no more than 63 characters")
    if not re.fullmatch(_QUALIFIED, name):
        found.append(f"name part {_QUALIFIED_MESSAGE}")
    return found


def path_segment(text: str) -> list[str]:
    """Names of roles and bindings: anything that can stand in a path."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{one}'" for one in "/%" if one in text]


def port_name(text: str) -> list[str]:
    """The name of a port. Source: RFC 6335, section 5.1."""
    found = []
    if len(text) > 15:
        found.append("must be no more than 15 characters")
    if not re.fullmatch(r"[-a-z0-9]+", text):
        found.append("must contain only alphanumeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def environment(text: str) -> list[str]:
    """The name of an environment variable."""
    if text and all(" " <= one <= "~" and one != "=" for one in text):
        return []
    return [
        "a valid environment variable name must consist only of printable ASCII characters other"
        " than '='"
    ]


def _prefix_faults(prefix: str) -> list[str]:
    if not prefix:
        return ["prefix part must be non-empty"]
    return [f"prefix part {one}" for one in subdomain(prefix)]


def _faults(text: str, pattern: str, longest: int, message: str) -> list[str]:
    found = [f"must be no more than {longest} characters"] if len(text) > longest else []
    return found if re.fullmatch(pattern, text) else [*found, message]
