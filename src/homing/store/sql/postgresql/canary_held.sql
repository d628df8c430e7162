-- Whether a canary still has something under way or never tried.
SELECT EXISTS (SELECT 1 FROM delivery WHERE campaign_id = :c AND state = 'queued' AND seq <= :through AND attempt = 0)
    OR EXISTS (SELECT 1 FROM delivery WHERE state IN ('claimed', 'sending') AND campaign_id = :c)
