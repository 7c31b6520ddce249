"""The ring in memory: what a session did lately, bounded in bytes."""
