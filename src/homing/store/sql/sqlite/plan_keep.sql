-- Those of a page's ids that are contacts of the workspace and on none of the excluded lists, in order.
SELECT p.id
  FROM contact p
 WHERE p.id IN (SELECT value FROM json_each(:contacts)) AND p.workspace_id = :w AND p.removed_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM list_member m
                    WHERE m.list_id IN (SELECT value FROM json_each(:excluded)) AND m.contact_id = p.id)
 ORDER BY p.id
