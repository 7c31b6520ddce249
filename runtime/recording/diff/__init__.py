"""Recordings and builds compared, call by call."""
