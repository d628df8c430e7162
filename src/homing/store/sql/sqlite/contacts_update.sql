-- Whole new states of the contacts that a chunk changes, by id and within one workspace (R46). Who was removed is back,
-- but for :hidden = 1: a replacing import shows whom it brings in its last step.
UPDATE contact
   SET email = n.email, phone = n.phone, name = n.name, attributes = n.attributes, updated_at = :now,
       changed_by_import = :import, removed_at = CASE WHEN :hidden = 1 THEN removed_at END,
       removed_by_import = CASE WHEN :hidden = 1 THEN removed_by_import END
  FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS email, json_extract(value, '$[2]') AS phone,
               json_extract(value, '$[3]') AS name, json_extract(value, '$[4]') AS attributes
          FROM json_each(:rows)) AS n
 WHERE contact.id = n.id AND contact.workspace_id = :w
