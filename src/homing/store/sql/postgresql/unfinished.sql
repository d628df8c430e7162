-- Campaigns that send, are sealed and have nothing open: their last results were written by several at once.
SELECT id FROM campaign c
 WHERE state IN ('sending', 'paused', 'scheduled') AND state = 'sending' AND planned_at IS NOT NULL
   AND (SELECT min(seq) FROM delivery WHERE campaign_id = c.id AND state = 'queued') IS NULL
   AND NOT EXISTS (SELECT 1 FROM (SELECT campaign_id FROM delivery WHERE state IN ('claimed', 'sending') OFFSET 0) h WHERE h.campaign_id = c.id)
