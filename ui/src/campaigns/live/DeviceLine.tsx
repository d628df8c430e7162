// What a WhatsApp campaign waits for when its device is not up, with the one button that helps.

import { Alert, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { act } from "@/api/client";
import { useLink, useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import type { Campaign } from "@/model/campaign";
import { attemptWords, cure, type Device, deviceWords } from "@/model/device";
import { time } from "@/model/words";
import { say } from "@/notices/toast";
import { useDevices } from "@/reading/devices";
import { words } from "@/words/live";

export function DeviceLine({ of }: { of: Campaign }) {
  const alive = of.channel !== "email" && (of.state === "sending" || of.state === "paused");
  const devices = useDevices(alive);
  const mine = (devices.data?.items ?? []).filter((each) => of.senders?.includes(each.id));
  const down = mine.find((each) => each.status !== "connected");
  if (!alive || !down || mine.some((each) => each.status === "connected")) return null;
  return <Waits of={down} what={words.waits[of.channel === "mixed" ? "mixed" : "whatsapp"]} />;
}

function Waits({ of, what }: { of: Device; what: string }) {
  const now = useNow();
  const [, go] = useLocation();
  const lost = useLink().status === "lost";
  const again = useMutation({
    mutationFn: () => act({ method: "POST", route: `/devices/${of.id}/reconnect` }),
    onError: (error) => say(words.notDone, error.message, "red"),
  });
  const helps = cure(of);
  const attempt = attemptWords(of, now);
  const restoring = of.status === "reconnecting";
  return (
    <Alert
      color="yellow"
      icon={<Icon name={restoring ? "retry" : "off"} />}
      mb="md"
      role="status"
      data-testid="device-waits"
    >
      <Text size="sm">
        {restoring
          ? words.restoring(what, of.name, attempt)
          : words.notConnected(
              what,
              of.name,
              deviceWords(of, (at) => time(at)),
            )}
      </Text>
      <Group mt="xs" gap="xs">
        {helps === "reconnect" && (
          <Button size="xs" variant="default" disabled={lost} loading={again.isPending} onClick={() => again.mutate()}>
            {words.reconnect}
          </Button>
        )}
        {helps !== "reconnect" && (
          <Button
            size="xs"
            disabled={lost}
            onClick={() => go(helps === "scan" ? `/senders?pair=${of.id}` : "/senders")}
          >
            {helps === "scan" ? words.scanQr : words.toDevice}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
