"""What a project may have, and who said so."""
