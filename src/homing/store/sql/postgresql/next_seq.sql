SELECT min(seq) FROM delivery WHERE campaign_id = :c AND state = 'queued'
