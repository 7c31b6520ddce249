"""Another place of a branch: which one is meant, how it is reached, how the flow goes on there."""
