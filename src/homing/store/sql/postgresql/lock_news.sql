-- Holds the rows that news is about, in one order for everybody, before they are looked at: what is decided from the look
-- is still true when it is written.
SELECT 1 FROM delivery
 WHERE campaign_id = :c AND seq = ANY (ARRAY (SELECT (value ->> 0)::bigint FROM json_array_elements(:keys::json)))
 ORDER BY seq FOR NO KEY UPDATE
