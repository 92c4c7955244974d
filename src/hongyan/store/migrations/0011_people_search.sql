-- Searching people inside userid, name and mobile reads this alone, in the order of the pages. left_at is in it only so that no row need be read.
create index user_search on user(corp, userid, name, mobile, left_at) where left_at is null;
