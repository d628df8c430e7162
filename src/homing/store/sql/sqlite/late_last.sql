-- When the last row of a campaign that was put off is due: a campaign does not end before. One step into the index for each shard.
WITH RECURSIVE lane (shard) AS (SELECT 0 UNION ALL SELECT shard + 1 FROM lane WHERE shard < 15)
SELECT max((SELECT due_at FROM delivery INDEXED BY ix_delivery_late
             WHERE campaign_id = :c AND shard = lane.shard AND state = 'queued' AND attempt > 0
             ORDER BY due_at DESC LIMIT 1))
  FROM lane
