-- The rows themselves, not the counters: one pass over the campaign.
SELECT state, count(*) FROM delivery WHERE campaign_id = :c GROUP BY state
