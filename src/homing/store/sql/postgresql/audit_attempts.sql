-- Attempts that count (CONTRACT section 3): ended by the provider's word or in doubt, or in flight; not those of an outage.
SELECT count(*) FROM attempt WHERE campaign_id = :c AND state IN ('sending', 'accepted', 'refused', 'uncertain', 'deferred')
