-- Workers that left without a word. Not used on SQLite, where lock files tell.
UPDATE worker SET left_at = seen_at WHERE left_at IS NULL AND seen_at < :now - :silent
