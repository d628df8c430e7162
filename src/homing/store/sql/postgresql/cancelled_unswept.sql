SELECT id FROM campaign c
 WHERE state = 'cancelled' AND EXISTS (SELECT 1 FROM delivery WHERE campaign_id = c.id AND state = 'queued' OFFSET 0)
