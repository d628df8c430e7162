-- Whole new states of the contacts that a chunk changes, by id and within one workspace (R46). Who was removed is back,
-- but for :hidden = 1: a replacing import shows whom it brings in its last step.
UPDATE contact
   SET email = n.value ->> 1, phone = n.value ->> 2, name = n.value ->> 3, attributes = n.value ->> 4, updated_at = :now,
       changed_by_import = :import, removed_at = CASE WHEN :hidden = 1 THEN removed_at END,
       removed_by_import = CASE WHEN :hidden = 1 THEN removed_by_import END
  FROM json_array_elements(:rows::json) AS n(value)
 WHERE contact.id = (n.value ->> 0)::bigint AND contact.workspace_id = :w
   AND contact.id = ANY (ARRAY (SELECT (value ->> 0)::bigint FROM json_array_elements(:rows::json)))
