SELECT coalesce(sum(sent), 0), coalesce(sum(failed), 0), coalesce(sum(skipped), 0), coalesce(sum(cancelled), 0),
       coalesce(sum(uncertain), 0), coalesce(sum(delivered), 0), coalesce(sum(bounced), 0), coalesce(sum(attempts), 0)
  FROM campaign_count WHERE campaign_id = :c
