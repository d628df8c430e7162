-- Whether a campaign has an open row. Two index probes: ix_delivery_queued, and the few held rows.
-- min() and OFFSET 0: an EXISTS becomes a walk through the table when statistics are of a moment when all was queued.
SELECT (SELECT min(seq) FROM delivery WHERE campaign_id = :c AND state = 'queued') IS NOT NULL
    OR EXISTS (SELECT 1 FROM (SELECT campaign_id FROM delivery WHERE state IN ('claimed', 'sending') OFFSET 0) h WHERE h.campaign_id = :c)
