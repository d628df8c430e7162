-- How many rows of a campaign are held by workers now: never more than a few hundred.
SELECT count(*) FROM delivery WHERE state IN ('claimed', 'sending') AND campaign_id = :c
