"""Surface for development and tests only: a movable clock, faults, the demo company, reset and snapshots."""
