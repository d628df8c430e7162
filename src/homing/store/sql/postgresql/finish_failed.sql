-- A person ends the waiting: deferred rows fail, unless an earlier attempt of theirs is in doubt (L10).
UPDATE delivery
   SET state = 'failed', reason = 'deferred', changed_at = :now
 WHERE campaign_id = :c AND state = 'queued' AND attempt > 0 AND due_at > :now AND doubts = 0
