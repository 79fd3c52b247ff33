"""A text that was pasted into a form, or came as a file beside it."""

from __future__ import annotations

from policy_app.browser.inputs import typed
from policy_app.browser.pages import PortalRequest
from policy_app.services.authoring import imports
from policy_app.services.authoring.imports import ImportTextError

_LARGEST = 4 * imports.MAX_CHARACTERS
"""Bytes of a file; one of the most characters may have them."""


def sent(request: PortalRequest) -> str:
    """The file (``file``) where there is one, else what was pasted (``text``).

    Raises ``ImportTextError`` where the file is too large, or no text.
    """
    file = request.FILES.get("file")
    if file is None:
        # Browsers send text areas with CRLF.
        return typed(request).get("text", "").replace("\r\n", "\n")
    if (file.size or 0) > _LARGEST:
        raise ImportTextError(f"{file.name} has {file.size:,} bytes; {_LARGEST:,} are the most.")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportTextError(f"{file.name} is no text in UTF-8.") from None
    return str(text).replace("\r\n", "\n").replace("\x00", "")
