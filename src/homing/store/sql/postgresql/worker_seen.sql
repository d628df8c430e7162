UPDATE worker SET seen_at = coalesce(:now::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint), left_at = NULL WHERE id = :me
