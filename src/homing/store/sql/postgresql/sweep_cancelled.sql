-- In a cancelled campaign what waits reads cancelled; written in chunks so that nobody waits for the writer.
-- A row with an attempt in doubt goes back to uncertain instead (L10).
UPDATE delivery
   SET state = CASE WHEN doubts > 0 THEN 'uncertain' ELSE 'cancelled' END, changed_at = :now
 WHERE campaign_id = :c AND state = 'queued'
   AND seq = ANY (ARRAY (SELECT seq FROM delivery WHERE campaign_id = :c AND state = 'queued' ORDER BY seq LIMIT :n))
   AND EXISTS (SELECT 1 FROM campaign WHERE id = :c AND state = 'cancelled')
RETURNING state
