-- As claim_late, of a campaign over both channels: only rows of this one.
-- Shard by shard, so that not more than :k rows of each are read, however many are due; held until they are marked.
SELECT d.seq, d.attempt, d.shard, d.contact_id, d.address, d.tries, d.first_tried_at, coalesce(p.name, ''), coalesce(p.attributes, '{}')
  FROM (SELECT seq, attempt + 1 AS attempt, shard, contact_id, address, tries, first_tried_at, due_at
          FROM delivery
         WHERE campaign_id = :c AND state = 'queued'
           AND seq = ANY (ARRAY (SELECT l.seq FROM unnest(translate(:shards, '[]', '{}')::int[]) AS s(shard)
                                  CROSS JOIN LATERAL (SELECT seq, due_at FROM delivery
                                                       WHERE campaign_id = :c AND shard = s.shard AND state = 'queued' AND attempt > 0
                                                         AND due_at <= :now AND (strpos(address, '@') > 0) = (:channel::text = 'email')
                                                         AND seq <= (SELECT coalesce(canary_through, 9223372036854775807) FROM campaign
                                                                      WHERE id = :c AND state = 'sending')
                                                       ORDER BY due_at, seq LIMIT :k) l
                                  ORDER BY l.due_at, l.seq LIMIT :k))
           FOR NO KEY UPDATE SKIP LOCKED) d
  LEFT JOIN LATERAL (SELECT name, attributes FROM contact WHERE id = d.contact_id OFFSET 0) p ON true
 ORDER BY d.due_at, d.seq
