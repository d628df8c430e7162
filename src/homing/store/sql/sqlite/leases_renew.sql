-- RENEW: all leases of a worker in one statement. One that does not come back is lost.
UPDATE lease SET until = :now + :ttl, boot = :boot WHERE owner = :me RETURNING kind, key, epoch
