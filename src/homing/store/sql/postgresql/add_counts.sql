-- Counters move in the transaction of the rows they count (L13). The shard is only a bucket: sums matter, and every worker
-- has a bucket of its own, so that none waits for another's commit.
UPDATE campaign_count
   SET sent = sent + :sent, failed = failed + :failed, skipped = skipped + :skipped, cancelled = cancelled + :cancelled,
       uncertain = uncertain + :uncertain, delivered = delivered + :delivered, bounced = bounced + :bounced,
       attempts = attempts + :attempts,
       settled_at = coalesce(:settled_at::bigint, settled_at)
 WHERE campaign_id = :c AND shard = :shard
