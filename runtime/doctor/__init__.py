"""What this machine has and lacks for building components and for running flows."""
