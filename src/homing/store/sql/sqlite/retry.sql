-- A person's retry: what failed (or bounced) and can succeed is queued anew with fresh patience; earlier doubts are kept (L10).
UPDATE delivery INDEXED BY ix_delivery_troubled
   SET state = 'queued', tries = 0, first_tried_at = NULL, due_at = 0, reason = NULL, code = NULL, words = NULL, changed_at = :now,
       doubts = (SELECT count(*) FROM attempt a WHERE a.campaign_id = :c AND a.seq = delivery.seq AND a.state = 'uncertain')
 WHERE campaign_id = :c AND state = :state AND (state = 'failed' OR state = 'uncertain' OR state = 'bounced')
   AND (:reason IS NULL OR reason = :reason)
   AND (:reason IS NOT NULL OR coalesce(reason, '') <> 'bad_address')
   AND NOT EXISTS (SELECT 1 FROM suppression s
                    WHERE s.workspace_id = :w AND s.channel = CASE instr(delivery.address, '@') WHEN 0 THEN 'whatsapp' ELSE 'email' END
                      AND s.address IN (delivery.address, substr(delivery.address, instr(delivery.address, '@'))))
