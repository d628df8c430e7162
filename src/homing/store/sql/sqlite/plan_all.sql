-- The next page of a workspace's contacts, in the order of their ids, without those that were removed.
SELECT c.id
  FROM contact c
 WHERE c.workspace_id = :w AND c.id > :after
   AND NOT EXISTS (SELECT 1 FROM contact r INDEXED BY ix_contact_removed
                    WHERE r.workspace_id = :w AND r.id = c.id AND r.removed_at IS NOT NULL)
 ORDER BY c.id
 LIMIT :n
