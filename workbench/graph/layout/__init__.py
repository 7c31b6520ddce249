"""Where the nodes and edges of a flow stand: forms, rows, lanes and layers."""
