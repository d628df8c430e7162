-- RENEW: all leases of a worker in one statement. One that does not come back is lost.
UPDATE lease SET until = coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) + :ttl WHERE owner = :me RETURNING kind, key, epoch
