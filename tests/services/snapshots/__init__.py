"""Tests of snapshots: real clusters, dumps and folders that become mirrors."""
