-- The contacts that a chunk's phone numbers name, removed ones too: one probe of uq_contact_workspace_id_phone each.
SELECT c.id, c.email, c.phone, c.name, c.attributes, c.removed_at
  FROM contact AS c
 WHERE c.workspace_id = :w AND c.phone = ANY (ARRAY (SELECT json_array_elements_text(:addresses::json)))
