"""What components are built from, and builds that follow its changes."""
