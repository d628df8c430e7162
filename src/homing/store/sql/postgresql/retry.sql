-- A person's retry: what failed (or bounced) and can succeed is queued anew with fresh patience; earlier doubts are kept (L10).
UPDATE delivery
   SET state = 'queued', tries = 0, first_tried_at = NULL, due_at = 0, reason = NULL, code = NULL, words = NULL, changed_at = :now,
       doubts = (SELECT count(*) FROM attempt a WHERE a.campaign_id = :c AND a.seq = delivery.seq AND a.state = 'uncertain')
 WHERE campaign_id = :c AND state = :state::text AND state IN ('failed', 'uncertain', 'bounced')
   AND (:reason::text IS NULL OR reason = :reason::text)
   AND (:reason::text IS NOT NULL OR coalesce(reason, '') <> 'bad_address')
   AND NOT EXISTS (SELECT 1 FROM suppression s
                    WHERE s.workspace_id = :w AND s.channel = CASE strpos(delivery.address, '@') WHEN 0 THEN 'whatsapp' ELSE 'email' END
                      AND s.address IN (delivery.address, substr(delivery.address, strpos(delivery.address, '@'))) OFFSET 0)
