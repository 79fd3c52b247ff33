"""The portal's own management commands, beside Django's."""
