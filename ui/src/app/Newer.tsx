// The server runs another version than this page: the page says so and waits for a click.

import { Button, Text } from "@mantine/core";
import { useLive } from "@/live/useLive";
import { words } from "@/words/frame";

export function Newer() {
  const newer = useLive((live) => live.newer);
  if (!newer) return null;
  return (
    <div className="banner banner-green" role="status">
      <Text className="banner-words">{words.updated}</Text>
      <Button size="xs" variant="default" onClick={() => location.reload()}>
        {words.reload}
      </Button>
    </div>
  );
}
