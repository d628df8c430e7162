-- Rows that wait for the other channel, all of whose senders are down: their contacts may be reached by this one, too. Nothing of
-- them has been accepted and nothing is in doubt (queued, doubts = 0); they go by this channel from now on. Held until then: a
-- sender of the other channel that comes back just now gets each, or we do.
UPDATE delivery
   SET address = f.address, due_at = 0
  FROM (SELECT d.seq, p.name, p.attributes, CASE :channel::text WHEN 'email' THEN p.email ELSE p.phone END AS address
          FROM delivery d
          JOIN contact p ON p.id = d.contact_id
         WHERE d.campaign_id = :c AND d.state = 'queued' AND d.doubts = 0 AND (strpos(d.address, '@') > 0) <> (:channel::text = 'email')
           AND d.shard = ANY (translate(:shards, '[]', '{}')::int[]) AND p.removed_at IS NULL
           AND (CASE :channel::text WHEN 'email' THEN p.email ELSE p.phone END) IS NOT NULL
           AND (CASE :channel::text WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) <> 'refused'
           AND (NOT :require_consent OR (CASE :channel::text WHEN 'email' THEN p.consent_email ELSE p.consent_whatsapp END) = 'given')
           AND NOT EXISTS (SELECT 1 FROM suppression s
                            WHERE s.workspace_id = :w AND s.channel = :channel
                              AND s.address IN (CASE :channel::text WHEN 'email' THEN p.email ELSE p.phone END,
                                                substr(p.email, strpos(p.email, '@'))) OFFSET 0)
           AND d.seq <= (SELECT coalesce(canary_through, 9223372036854775807) FROM campaign WHERE id = :c AND state = 'sending')
         ORDER BY d.seq LIMIT :k
           FOR NO KEY UPDATE OF d SKIP LOCKED) f
 WHERE delivery.campaign_id = :c AND delivery.seq = f.seq
RETURNING delivery.seq, delivery.attempt + 1, delivery.shard, delivery.contact_id, delivery.address, delivery.tries,
          delivery.first_tried_at, coalesce(f.name, ''), coalesce(f.attributes, '{}')
