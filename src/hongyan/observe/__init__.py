"""What the rooms above use to be watched: counts that cost an addition, and log lines that name an event."""
