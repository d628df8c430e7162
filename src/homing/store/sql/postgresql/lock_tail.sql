-- Holds the campaign's row when nothing of it waits any more: whoever comes second leaves the completing to the look that
-- follows a second later. Without SKIP LOCKED the locks of rows and campaign could be taken crosswise.
SELECT 1 FROM campaign
 WHERE id = :c AND planned_at IS NOT NULL AND (SELECT min(seq) FROM delivery WHERE campaign_id = :c AND state = 'queued') IS NULL
   FOR NO KEY UPDATE SKIP LOCKED
