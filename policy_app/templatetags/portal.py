"""``{% icon %}`` beside a text that already says what it means, and ``|plural`` of a noun."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: int = 16) -> SafeString:
    """An inline SVG that assistive technology passes over; ``size`` in CSS pixels.

    Kept after the first drawing: lists repeat the same few icons on every row.
    """
    drawn = lucide(
        name, size=size, **{"class": "icon", "aria-hidden": "true", "focusable": "false"}
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by the library from its own files


@register.filter
def plural(thing: str) -> str:
    """Several of what a grid lists, in English: policies, clusters."""
    return f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
