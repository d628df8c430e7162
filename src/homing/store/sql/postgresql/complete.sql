-- Completes a campaign: sealed and open = 0 are tested here and nowhere else (L23). Rows decide, not counters (L13).
-- A pause for too many failures stops what is still open; when the last results leave nothing open, there is nothing to stop.
-- The caller holds the row (lock_tail): of two that write the last results, the later one sees what the earlier wrote.
UPDATE campaign
   SET state = 'completed', completed_at = :now, reason = NULL, detail = NULL, activity = NULL, activity_detail = NULL, next_at = NULL
 WHERE id = :c
   AND (state = 'sending' OR (state = 'paused' AND reason = 'too_many_failures'))
   AND planned_at IS NOT NULL
   AND (SELECT min(seq) FROM delivery WHERE campaign_id = :c AND state = 'queued') IS NULL
   AND NOT EXISTS (SELECT 1 FROM (SELECT campaign_id FROM delivery WHERE state IN ('claimed', 'sending') OFFSET 0) h WHERE h.campaign_id = :c)
