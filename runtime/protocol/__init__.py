"""What crosses the pipe between the workbench and the child: requests, updates, the timeline."""
