"""Tests from recordings, one or thousands: run in processes of their own, here or on a cluster."""
