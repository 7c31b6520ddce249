"""Component files opened without a flow."""
