"""The door for kubectl: each cluster's Kubernetes API below ``/clusters/<name>/``, and its webhooks."""
