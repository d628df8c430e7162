-- A hint, never a promise (L13): below the floor no row of the shard is fresh. A lost hint only costs reading.
UPDATE campaign_count
   SET floor = greatest(campaign_count.floor, (f.value ->> 1)::bigint)
  FROM json_array_elements(:floors::json) AS f(value)
 WHERE campaign_count.campaign_id = :c AND campaign_count.shard = (f.value ->> 0)::int
