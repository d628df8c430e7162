SELECT coalesce(sum(sent), 0)::bigint, coalesce(sum(failed), 0)::bigint, coalesce(sum(skipped), 0)::bigint,
       coalesce(sum(cancelled), 0)::bigint, coalesce(sum(uncertain), 0)::bigint, coalesce(sum(delivered), 0)::bigint,
       coalesce(sum(bounced), 0)::bigint, coalesce(sum(attempts), 0)::bigint
  FROM campaign_count WHERE campaign_id = :c
