-- As claim_fresh, of a campaign over both channels: the other channel's rows at these positions are neither taken nor held.
SELECT coalesce(json_agg(json_build_array(f.seq, f.attempt, f.shard, f.contact_id, f.address, f.tries, f.first_tried_at,
                                          coalesce(p.name, ''), coalesce(p.attributes, '{}')) ORDER BY f.seq), '[]')::text
  FROM unnest(translate(:seqs, '[]', '{}')::bigint[]) wanted (seq)
 CROSS JOIN LATERAL (
       SELECT seq, attempt + 1 AS attempt, shard, contact_id, address, tries, first_tried_at
         FROM delivery
        WHERE campaign_id = :c AND seq = wanted.seq AND state = 'queued' AND attempt = 0
          AND (strpos(address, '@') > 0) = (:channel::text = 'email')
          AND seq <= (SELECT coalesce(canary_through, 9223372036854775807) FROM campaign WHERE id = :c AND state = 'sending')
          FOR NO KEY UPDATE SKIP LOCKED) f
  LEFT JOIN LATERAL (SELECT name, attributes FROM contact WHERE id = f.contact_id OFFSET 0) p ON true
