"""One call, looked into: what went in and came out, what it took, what it printed."""
