// The server runs another version than this page: the page says so and waits for a click.

import { Button, Text } from "@mantine/core";
import { useLive } from "@/live/useLive";

export function Newer() {
  const newer = useLive((live) => live.newer);
  if (!newer) return null;
  return (
    <div className="banner banner-green" role="status">
      <Text className="banner-words">
        The server has been updated. This page still works; the new one is a reload away.
      </Text>
      <Button size="xs" variant="default" onClick={() => location.reload()}>
        Reload
      </Button>
    </div>
  );
}
