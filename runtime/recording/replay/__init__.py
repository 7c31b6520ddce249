"""Recordings run again: sources and host inputs answered from them, outputs checked."""
