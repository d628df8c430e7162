-- An address that its own server calls unknown is never tried again by this workspace.
INSERT INTO suppression (workspace_id, channel, address, reason, since)
SELECT DISTINCT :w::bigint, :channel::text, address, 'bad_address', :now::bigint
  FROM delivery
 WHERE campaign_id = :c AND seq = ANY (translate(:seqs, '[]', '{}')::bigint[])
    ON CONFLICT DO NOTHING
