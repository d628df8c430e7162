-- A person decides about uncertain rows: by their positions, or all of them (:seqs is null). The decision is kept as the reason.
UPDATE delivery
   SET state = :target::text, reason = CASE :target::text WHEN 'queued' THEN NULL ELSE 'decided' END, changed_at = :now,
       tries = CASE :target::text WHEN 'queued' THEN 0 ELSE tries END,
       first_tried_at = CASE :target::text WHEN 'queued' THEN NULL ELSE first_tried_at END, due_at = 0,
       doubts = (SELECT count(*) FROM attempt a WHERE a.campaign_id = :c AND a.seq = delivery.seq AND a.state = 'uncertain')
 WHERE campaign_id = :c AND state = 'uncertain'
   AND (:seqs::text IS NULL OR seq = ANY (translate(:seqs::text, '[]', '{}')::bigint[]))
RETURNING seq
