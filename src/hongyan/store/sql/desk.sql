-- What the console's pages need beyond what their rooms offer.

-- name: desk.corps
-- The organisations to choose from. Primary key.
select corp, corp_id, name, zone, org_version, headcount from corp order by corp limit :limit;
