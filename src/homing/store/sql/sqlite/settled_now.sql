UPDATE campaign_count SET settled_at = :now WHERE campaign_id = :c AND shard = :shard
