"""What is asked of the user for the session: settings of a queue, and what to try a node on."""
