-- The next page of a workspace's contacts, in the order of their ids.
SELECT id FROM contact WHERE workspace_id = :w AND id > :after AND removed_at IS NULL ORDER BY id LIMIT :n
