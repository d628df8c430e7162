SELECT id FROM campaign c
 WHERE state = 'cancelled' AND (SELECT min(seq) FROM delivery WHERE campaign_id = c.id AND state = 'queued') IS NOT NULL
