"""May this send enter? Limits, quotas, duplicates, and the one transaction that promises it."""
