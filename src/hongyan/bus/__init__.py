"""Wake-ups: a hint says that a corp has something new. The store is the truth; losing a hint may delay, never lose."""
