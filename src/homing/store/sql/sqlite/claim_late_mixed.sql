-- As claim_late, of a campaign over both channels: only rows of this one.
SELECT d.seq, d.attempt + 1, d.shard, d.contact_id, d.address, d.tries, d.first_tried_at, coalesce(p.name, ''), coalesce(p.attributes, '{}')
  FROM (SELECT seq FROM delivery INDEXED BY ix_delivery_late
         WHERE campaign_id = :c AND state = 'queued' AND attempt > 0
           AND shard IN (SELECT value FROM json_each(:shards)) AND due_at <= :now
           AND (instr(address, '@') > 0) = (:channel = 'email')
         ORDER BY due_at, seq LIMIT :k) late
  JOIN delivery d ON d.campaign_id = :c AND d.seq = late.seq
  LEFT JOIN contact p ON p.id = d.contact_id
 WHERE EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'sending' AND (canary_through IS NULL OR d.seq <= canary_through))
 ORDER BY d.due_at, d.seq
