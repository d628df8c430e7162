-- The lanes of one sender that this worker holds now. Inside BEGIN IMMEDIATE nobody can take one until COMMIT.
SELECT CAST(substr(key, instr(key, '/') + 1) AS INTEGER), epoch
  FROM lease
 WHERE kind = 'lane' AND "group" = :group AND owner = :worker
