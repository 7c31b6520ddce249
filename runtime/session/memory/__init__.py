"""What the components of a flow have in their memory, told on request."""
