"""Breakpoints and watches: when a flow is to stand still, and what is looked at meanwhile."""
