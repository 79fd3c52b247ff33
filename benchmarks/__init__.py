"""Measurements: ``make bench``. Each ``bench_*.py`` measures one thing that users wait for."""
