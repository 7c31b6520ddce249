"""Builds: what is asked, and what is told of them."""
