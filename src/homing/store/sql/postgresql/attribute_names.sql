-- Every attribute that a contact of the workspace has: the columns of a CSV export. Reads all of them, in no hurry.
SELECT key
  FROM (SELECT DISTINCT a.key FROM contact AS c CROSS JOIN LATERAL json_object_keys(c.attributes::json) AS a(key)
         WHERE c.workspace_id = :w AND c.removed_at IS NULL) names
 ORDER BY key COLLATE "C"
