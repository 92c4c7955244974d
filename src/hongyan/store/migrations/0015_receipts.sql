-- What a person read one by one, among thousands of rows that nobody read: a count of what is unread asks for it.
create index inbox_receipt on inbox(corp, ord, sender, seq) where kind = 1;
