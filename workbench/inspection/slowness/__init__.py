"""Why a flow is slow, and the history of its queues and nodes."""
