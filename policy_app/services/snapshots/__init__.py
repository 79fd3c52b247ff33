"""Snapshots: a real cluster, a dump of kubectl or a folder of manifests becomes a mirror.

A source (``live``, ``files``) is read to its end into a ``staging`` file of this process, so that
no network and no unreadable line is waited for while the cluster is locked.  Then ``writing`` puts
what differs into the cluster in one transaction: all of it, or nothing.  ``taking.take`` does
both; ``places`` finds or makes the cluster.
"""
