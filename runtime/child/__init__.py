"""Two processes: the client in the workbench, the server in the child, and one without a child."""
