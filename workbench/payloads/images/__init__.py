"""Images in payloads: what their headers say, and small pictures of them."""
