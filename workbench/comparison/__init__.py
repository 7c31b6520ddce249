"""Two branches compared: the verdict, a table by node, and one difference opened."""
