-- A person decides about uncertain rows: by their positions, or all of them (:seqs is null). The decision is kept as the reason.
UPDATE delivery INDEXED BY ix_delivery_troubled
   SET state = :target, reason = CASE :target WHEN 'queued' THEN NULL ELSE 'decided' END, changed_at = :now,
       tries = CASE :target WHEN 'queued' THEN 0 ELSE tries END,
       first_tried_at = CASE :target WHEN 'queued' THEN NULL ELSE first_tried_at END, due_at = 0,
       doubts = (SELECT count(*) FROM attempt a WHERE a.campaign_id = :c AND a.seq = delivery.seq AND a.state = 'uncertain')
 WHERE campaign_id = :c AND state = 'uncertain' AND (state = 'failed' OR state = 'uncertain' OR state = 'bounced')
   AND (:seqs IS NULL OR seq IN (SELECT value FROM json_each(:seqs)))
RETURNING seq
