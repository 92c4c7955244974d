"""Who calls, for which organisation, and whether they may."""
