// What this browser remembers and may do.

import { Button, Group, SegmentedControl, Stack, Switch, Text, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { isSecure } from "@/live/leader";
import { useLive } from "@/live/useLive";

export function Browser() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [keys, setKeys] = useState(localStorage.getItem("homing.keys") !== "off");
  const [permission, setPermission] = useState(
    typeof Notification === "undefined" || !isSecure() ? "unsupported" : Notification.permission,
  );
  const live = useLive((state) => state.link);
  const version = useLive((state) => state.version);
  return (
    <div className="card pad">
      <Stack gap="md">
        <Group justify="space-between">
          <Text>Colours</Text>
          <SegmentedControl
            aria-label="Colours"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "auto", label: "As the system" },
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
            ]}
          />
        </Group>
        <Switch
          label="Single keys (n, p, /, ?)"
          checked={keys}
          onChange={(event) => {
            setKeys(event.currentTarget.checked);
            localStorage.setItem("homing.keys", event.currentTarget.checked ? "on" : "off");
          }}
        />
        <Group justify="space-between">
          <div>
            <Text>Notices of this browser</Text>
            <Text size="sm" c="dimmed">
              {NOTICE[permission] ?? permission}
            </Text>
          </div>
          {permission === "default" && (
            <Button variant="default" onClick={() => void Notification.requestPermission().then(setPermission)}>
              Allow
            </Button>
          )}
        </Group>
        <div>
          <Text>Connection</Text>
          <Text size="sm" c="dimmed">
            {isSecure()
              ? "Everything works: the page opens while the server is away, and all tabs share one line."
              : "Limited: no https. The page cannot be opened while the server is away, and notices of the browser are off. Put a proxy with TLS in front, or come by localhost."}{" "}
            {live.transport === "poll" &&
              "Something between here and the server holds streams back; the page asks instead."}
            {version && ` The server runs version ${version}.`}
          </Text>
        </div>
      </Stack>
    </div>
  );
}

const NOTICE: Record<string, string> = {
  granted: "Allowed: the end of a campaign is told also when this page is in the background.",
  denied: "Forbidden in the browser's own settings for this page.",
  default: "Not asked yet.",
  unsupported: "This browser gives none here (they need https or localhost).",
};
