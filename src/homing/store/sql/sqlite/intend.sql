-- The last gate (L14): claimed -> sending for what may leave now. Only the keys that come back may be sent (L2).
-- Conditions: the claim is still ours (attempt, lane epoch), the campaign is sending, nobody suppressed the address or refused.
UPDATE delivery
   SET state = 'sending'
  FROM (SELECT json_extract(value, '$[0]') AS seq, json_extract(value, '$[1]') AS attempt FROM json_each(:keys)) k
 WHERE delivery.campaign_id = :c AND delivery.seq = k.seq AND delivery.attempt = k.attempt AND delivery.state = 'claimed'
   AND EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'sending')
   AND EXISTS (SELECT 1 FROM lease
                WHERE kind = 'lane' AND key = delivery.sender_id || '/' || delivery.shard
                  AND epoch = delivery.epoch AND owner = :worker)
   AND NOT EXISTS (SELECT 1 FROM suppression s
                    WHERE s.workspace_id = :w AND s.channel = :channel
                      AND s.address IN (delivery.address, substr(delivery.address, instr(delivery.address, '@'))))
   AND NOT EXISTS (SELECT 1 FROM contact
                    WHERE id = delivery.contact_id
                      AND (CASE :channel WHEN 'email' THEN consent_email ELSE consent_whatsapp END) = 'refused')
RETURNING seq, attempt
