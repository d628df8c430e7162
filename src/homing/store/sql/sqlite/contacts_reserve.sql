-- As many ids as :n that no contact has or ever had, as runs of (first, how many); the writer's lock keeps them ours until
-- they are inserted.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'contact'), 0) + 1, :n
