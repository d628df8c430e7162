-- How many rows of a campaign are held by workers now: never more than a few hundred. OFFSET 0: read by their own index.
SELECT count(*) FROM (SELECT campaign_id FROM delivery WHERE state IN ('claimed', 'sending') OFFSET 0) h WHERE h.campaign_id = :c
