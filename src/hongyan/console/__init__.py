"""Pages for people: the inbox, its live changes, articles and media."""
