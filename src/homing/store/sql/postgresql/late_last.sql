-- When the last row of a campaign that was put off is due: a campaign does not end before. One step into the index for each shard.
SELECT max((SELECT due_at FROM delivery
             WHERE campaign_id = :c AND shard = lane.shard AND state = 'queued' AND attempt > 0
             ORDER BY due_at DESC LIMIT 1))
  FROM generate_series(0, 15) AS lane (shard)
