"""A test suite as the file that a browser saves."""

from __future__ import annotations

from django.http import HttpResponse

from policy_app.services.authoring import suites


def attachment(title: str, files: suites.Files) -> HttpResponse:
    """The files of a suite, zipped."""
    headers = {"Content-Disposition": f'attachment; filename="{suites.slug(title)}-suite.zip"'}
    packed = suites.archive(title, files)
    return HttpResponse(packed, content_type="application/zip", headers=headers)
