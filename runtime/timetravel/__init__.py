"""The past of a session: branches of calls, going back and forth on them, and forks."""
