-- Holds the lanes of one sender that this worker has: waits for a transaction of its own whose connection is lost and that is
-- not over yet. Every turn holds them FOR SHARE to its end (lanes_held).
SELECT 1 FROM lease WHERE kind = 'lane' AND "group" = :group AND owner = :worker ORDER BY key FOR UPDATE
