-- How many rows of a campaign are held by workers now: never more than a few hundred.
SELECT count(*) FROM delivery INDEXED BY ix_delivery_held WHERE epoch > 0 AND state IN ('claimed', 'sending') AND campaign_id = :c
