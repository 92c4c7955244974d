"""Values that every other package shares: ids, time, the error catalogue, faults."""
