-- Rows that wait for the other channel, all of whose senders are down: their contacts may be reached by this one, too. Nothing of
-- them has been accepted and nothing is in doubt (queued, doubts = 0); they go by this channel from now on.
UPDATE delivery
   SET address = (SELECT CASE :channel WHEN 'email' THEN p.email ELSE p.phone END FROM contact p WHERE p.id = delivery.contact_id),
       due_at = 0
 WHERE campaign_id = :c
   AND seq IN (SELECT d.seq
                 FROM delivery d INDEXED BY ix_delivery_queued
                 JOIN contact p ON p.id = d.contact_id
                WHERE d.campaign_id = :c AND d.state = 'queued' AND d.doubts = 0 AND (instr(d.address, '@') > 0) <> (:channel = 'email')
                  AND d.shard IN (SELECT value FROM json_each(:shards)) AND p.removed_at IS NULL
                  AND (CASE :channel WHEN 'email' THEN p.email ELSE p.phone END) IS NOT NULL
                  AND (CASE :channel WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) <> 'refused'
                  AND (NOT :require_consent OR (CASE :channel WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) = 'given')
                  AND NOT EXISTS (SELECT 1 FROM suppression s
                                   WHERE s.workspace_id = :w AND s.channel = :channel
                                     AND s.address IN (CASE :channel WHEN 'email' THEN p.email ELSE p.phone END,
                                                       substr(p.email, instr(p.email, '@'))))
                  AND d.seq <= (SELECT coalesce(canary_through, 9223372036854775807) FROM campaign WHERE id = :c AND state = 'sending')
                ORDER BY d.seq LIMIT :k)
RETURNING seq, attempt + 1, shard, contact_id, address, tries, first_tried_at,
          (SELECT coalesce(p.name, '') FROM contact p WHERE p.id = delivery.contact_id),
          (SELECT coalesce(p.attributes, '{}') FROM contact p WHERE p.id = delivery.contact_id)
