-- Addresses that must not be sent to; the first reason stays.
INSERT INTO suppression (workspace_id, channel, address, reason, since)
SELECT :w, :channel, a.value, :reason, :now
  FROM json_each(:addresses) AS a
 WHERE true
ON CONFLICT (workspace_id, channel, address) DO NOTHING
