-- How many rows of a campaign wait for a later try, and when the first is due.
SELECT count(*), min(due_at) FROM delivery WHERE campaign_id = :c AND state = 'queued' AND attempt > 0
