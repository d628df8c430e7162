-- The lanes of one sender that this worker holds now: shard -> epoch, as one value (a row that is fetched costs a hand-over
-- between threads). Inside BEGIN IMMEDIATE nobody can take one until COMMIT.
SELECT json_group_object(substr(key, instr(key, '/') + 1), epoch)
  FROM lease
 WHERE kind = 'lane' AND "group" = :group AND owner = :worker
