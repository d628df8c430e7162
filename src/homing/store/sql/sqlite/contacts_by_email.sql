-- The contacts that a chunk's e-mail addresses name, removed ones too: one probe of uq_contact_workspace_id_email each.
SELECT c.id, c.email, c.phone, c.name, c.attributes, c.removed_at
  FROM json_each(:addresses) AS a CROSS JOIN contact AS c ON c.workspace_id = :w AND c.email = a.value
