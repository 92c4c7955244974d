"""How long things stay: retention, erasure of a person, and what is told of backups."""
