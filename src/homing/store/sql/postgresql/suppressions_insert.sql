-- Addresses that must not be sent to; the first reason stays.
INSERT INTO suppression (workspace_id, channel, address, reason, since)
SELECT :w, :channel, a.value, :reason, :now
  FROM json_array_elements_text(:addresses::json) AS a(value)
ON CONFLICT (workspace_id, channel, address) DO NOTHING
