-- What a sender sent in this minute: daily and hourly caps and pace are rebuilt from it after a take-over.
INSERT INTO sender_usage (sender_id, minute, sent) VALUES (:sender, :minute, :n)
    ON CONFLICT (sender_id, minute) DO UPDATE SET sent = sender_usage.sent + excluded.sent
