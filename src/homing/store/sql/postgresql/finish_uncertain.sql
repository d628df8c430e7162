-- Deferred rows with an attempt in doubt never fail by themselves (L10): they go back to uncertain.
UPDATE delivery
   SET state = 'uncertain', reason = 'deferred', changed_at = :now
 WHERE campaign_id = :c AND state = 'queued' AND attempt > 0 AND due_at > :now AND doubts > 0
   AND first_tried_at IS NOT NULL
