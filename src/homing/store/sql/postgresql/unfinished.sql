-- Campaigns that send, are sealed and have nothing open: their last results were written by several at once.
SELECT id FROM campaign c
 WHERE state IN ('sending', 'paused', 'scheduled') AND state = 'sending' AND planned_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM delivery WHERE campaign_id = c.id AND state = 'queued' OFFSET 0)
   AND NOT EXISTS (SELECT 1 FROM delivery WHERE state IN ('claimed', 'sending') AND campaign_id = c.id OFFSET 0)
