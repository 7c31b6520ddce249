"""What the user asks of breakpoints and watches."""
