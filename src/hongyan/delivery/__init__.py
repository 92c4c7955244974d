"""What became of a send: inboxes, live arrival, receipts, results, recall, explanations."""
