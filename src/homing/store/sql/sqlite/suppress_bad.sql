-- An address that its own server calls unknown is never tried again by this workspace.
INSERT INTO suppression (workspace_id, channel, address, reason, since)
SELECT :w, :channel, address, 'bad_address', :now
  FROM delivery
 WHERE campaign_id = :c AND seq IN (SELECT value FROM json_each(:seqs))
    ON CONFLICT DO NOTHING
