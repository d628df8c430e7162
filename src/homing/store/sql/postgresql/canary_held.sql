-- Whether a canary still has something under way or never tried. OFFSET 0: the few held rows are looked at by their own index.
SELECT (SELECT min(seq) FROM delivery WHERE campaign_id = :c AND state = 'queued' AND seq <= :through AND attempt = 0) IS NOT NULL
    OR EXISTS (SELECT 1 FROM (SELECT campaign_id FROM delivery WHERE state IN ('claimed', 'sending') OFFSET 0) h WHERE h.campaign_id = :c)
