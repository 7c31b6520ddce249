"""The lineage of an element on the screen: a tree, a waterfall, and what opens them."""
