-- Whether a canary still has something under way or never tried.
SELECT EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_queued WHERE campaign_id = :c AND state = 'queued' AND seq <= :through AND attempt = 0)
    OR EXISTS (SELECT 1 FROM delivery INDEXED BY ix_delivery_held
                WHERE epoch > 0 AND state IN ('claimed', 'sending') AND campaign_id = :c)
