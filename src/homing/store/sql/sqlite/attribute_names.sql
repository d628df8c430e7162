-- Every attribute that a contact of the workspace has: the columns of a CSV export. Reads all of them, in no hurry.
SELECT DISTINCT a.key
  FROM contact AS c CROSS JOIN json_each(c.attributes) AS a
 WHERE c.workspace_id = :w AND c.removed_at IS NULL
 ORDER BY 1
