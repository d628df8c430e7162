-- Rows that say sent though no attempt was accepted and no person said so. Must be 0.
SELECT count(*)
  FROM delivery d
 WHERE campaign_id = :c AND state IN ('sent', 'delivered', 'read', 'bounced', 'complained')
   AND coalesce(reason, '') <> 'decided'
   AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.campaign_id = :c AND a.seq = d.seq AND a.state = 'accepted')
