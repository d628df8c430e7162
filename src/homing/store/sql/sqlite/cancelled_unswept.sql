SELECT id FROM campaign c
 WHERE state = 'cancelled' AND EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_queued WHERE campaign_id = c.id AND state = 'queued')
