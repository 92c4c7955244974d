"""What is sent: bodies, their limits, the fingerprint, media and cards, and how a message looks."""
