"""The command line door: ``policy-portal``."""
