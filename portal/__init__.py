"""The Django project: settings, URLs and the WSGI entry; everything else is in ``policy_app``."""
