-- Whether a campaign has an open row. Two index probes: ix_delivery_queued, and the few held rows.
SELECT EXISTS (SELECT 1 FROM delivery WHERE campaign_id = :c AND state = 'queued')
    OR EXISTS (SELECT 1 FROM delivery WHERE state IN ('claimed', 'sending') AND campaign_id = :c)
