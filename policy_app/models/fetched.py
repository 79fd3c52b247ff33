"""Templates that were fetched from the hosts that the operator allows, kept to be read again."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models


class FetchedTemplate(models.Model):
    """A constraint template, a constraint or mutators as they were at their URL.

    Fetched once: a text that changes at its address does not change what is enforced until
    somebody deletes the row.  Addresses are long and looked up whole, so the digest of the address
    is the key.
    """

    url = models.TextField("URL")
    key = models.CharField(max_length=64, unique=True, editable=False)
    """SHA-256 of the URL, in hexadecimal digits."""
    text = models.TextField()
    sha256 = models.CharField("SHA-256 of the text", max_length=64)
    fetched_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the digests true to the URL and the text."""
        self.key = digest(self.url)
        self.sha256 = digest(self.text)
        super().save(*args, **kwargs)


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
