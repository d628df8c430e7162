-- Campaigns that send, are sealed and have nothing open: their last results were written by several at once.
SELECT id FROM campaign c
 WHERE state IN ('sending', 'paused', 'scheduled') AND state = 'sending' AND planned_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_queued WHERE campaign_id = c.id AND state = 'queued')
   AND NOT EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_held WHERE epoch > 0 AND state IN ('claimed', 'sending') AND campaign_id = c.id)
