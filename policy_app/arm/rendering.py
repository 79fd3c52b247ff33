"""Answer in JSON, whatever the caller says it accepts: ARM speaks nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request


class ArmJsonRenderer(JSONRenderer):
    """``application/json; charset=utf-8``, as ARM sends it."""

    charset = "utf-8"


class OnlyJson(BaseContentNegotiation):
    """Ignore ``Accept``; choose the parser by the content type."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> Any:
        """The parser for ``application/json``, with any parameters; None for other types."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((one for one in parsers if one.media_type == sent), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The first renderer, always."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""
