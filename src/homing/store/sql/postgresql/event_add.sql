INSERT INTO event (workspace_id, at, topic, kind, body) VALUES (:w, :at, :topic, :kind, :body)
