"""The pages of operators: what was sent, what is set, and changing it."""
