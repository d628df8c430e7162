SELECT min(seq) FROM delivery INDEXED BY ix_delivery_queued WHERE campaign_id = :c AND state = 'queued'
