-- The next page of one list's members, in the order of their contact ids.
SELECT contact_id FROM list_member WHERE list_id = :list AND contact_id > :after ORDER BY contact_id LIMIT :n
