"""Figures of a flow under the names that Torvyn gives them."""
