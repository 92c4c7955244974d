-- Somebody looked for by their whole name, among a million.
create index user_name on user(corp, name, ord) where left_at is null;
