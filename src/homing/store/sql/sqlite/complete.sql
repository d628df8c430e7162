-- Completes a campaign: sealed and open = 0 are tested here and nowhere else (L23). Rows decide, not counters (L13).
UPDATE campaign
   SET state = 'completed', completed_at = :now, activity = NULL, activity_detail = NULL, next_at = NULL
 WHERE id = :c
   AND state = 'sending'
   AND planned_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_queued WHERE campaign_id = :c AND state = 'queued')
   AND NOT EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_held WHERE state IN ('claimed', 'sending') AND campaign_id = :c)
