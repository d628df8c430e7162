-- A person ends the waiting: deferred rows fail, unless an earlier attempt of theirs is in doubt (L10). Who was never put off by a
-- mail system of their own (an outage, a quota, no room in a slow destination's window) was not deferred (L22).
UPDATE delivery INDEXED BY ix_delivery_late
   SET state = 'failed', reason = 'deferred', changed_at = :now
 WHERE campaign_id = :c AND state = 'queued' AND attempt > 0 AND due_at > :now AND doubts = 0
   AND first_tried_at IS NOT NULL
