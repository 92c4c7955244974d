"""The organisation: people, departments, roles, and who a send is for."""
