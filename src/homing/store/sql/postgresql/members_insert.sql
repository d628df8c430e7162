-- Puts contacts on a list; who is on it stays on it since when they were. Contacts of another workspace are not found (R46).
INSERT INTO list_member (list_id, contact_id, workspace_id, added_at)
SELECT :list, c.id, :w, :now
  FROM contact AS c
 WHERE c.id = ANY (translate(:ids, '[]', '{}')::bigint[]) AND c.workspace_id = :w
ON CONFLICT (list_id, contact_id) DO NOTHING
