"""The door for kubectl: each cluster's API below ``/clusters/<name>/``, and its webhooks."""
