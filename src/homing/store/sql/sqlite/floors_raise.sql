-- A hint, never a promise (L13): below the floor no row of the shard is fresh. A lost hint only costs reading.
UPDATE campaign_count
   SET floor = max(campaign_count.floor, f.floor)
  FROM (SELECT json_extract(value, '$[0]') AS shard, json_extract(value, '$[1]') AS floor FROM json_each(:floors)) f
 WHERE campaign_count.campaign_id = :c AND campaign_count.shard = f.shard
