// What this browser remembers and may do.

import { Button, Group, SegmentedControl, Stack, Switch, Text, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { isSecure } from "@/live/leader";
import { useLive } from "@/live/useLive";
import { words } from "@/words/settings";

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
          <Text>{words.browser.colours}</Text>
          <SegmentedControl
            aria-label={words.browser.colours}
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "auto", label: words.browser.scheme.auto },
              { value: "light", label: words.browser.scheme.light },
              { value: "dark", label: words.browser.scheme.dark },
            ]}
          />
        </Group>
        <Switch
          label={words.browser.singleKeys}
          checked={keys}
          onChange={(event) => {
            setKeys(event.currentTarget.checked);
            localStorage.setItem("homing.keys", event.currentTarget.checked ? "on" : "off");
          }}
        />
        <Group justify="space-between">
          <div>
            <Text>{words.browser.notices}</Text>
            <Text size="sm" c="dimmed">
              {words.browser.permission[permission] ?? permission}
            </Text>
          </div>
          {permission === "default" && (
            <Button variant="default" onClick={() => void Notification.requestPermission().then(setPermission)}>
              {words.browser.allow}
            </Button>
          )}
        </Group>
        <div>
          <Text>{words.browser.connection}</Text>
          <Text size="sm" c="dimmed">
            {isSecure() ? words.browser.all : words.browser.limited} {live.transport === "poll" && words.browser.polls}
            {version && ` ${words.browser.version(version)}`}
          </Text>
        </div>
      </Stack>
    </div>
  );
}
