"""What the inspector says of a flow, a node, an edge or an element: pure functions."""
