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

export function DeviceLine({ of }: { of: Campaign }) {
  const alive = of.channel !== "email" && (of.state === "sending" || of.state === "paused");
  const devices = useDevices(alive);
  const mine = (devices.data?.items ?? []).filter((each) => of.senders?.includes(each.id));
  const down = mine.find((each) => each.status !== "connected");
  if (!alive || !down || mine.some((each) => each.status === "connected")) return null;
  return <Waits of={down} what={of.channel === "mixed" ? "What goes by WhatsApp waits" : "Sending waits"} />;
}

function Waits({ of, what }: { of: Device; what: string }) {
  const now = useNow();
  const [, go] = useLocation();
  const lost = useLink().status === "lost";
  const again = useMutation({
    mutationFn: () => act({ method: "POST", route: `/devices/${of.id}/reconnect` }),
    onError: (error) => say("Not done", error.message, "red"),
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
          ? `${what}: ${of.name} is being restored${attempt ? ` (attempt ${attempt})` : ""}. The campaign goes on by itself.`
          : `${what}: ${of.name} is not connected. ${deviceWords(of, (at) => time(at))}`}
      </Text>
      <Group mt="xs" gap="xs">
        {helps === "reconnect" && (
          <Button size="xs" variant="default" disabled={lost} loading={again.isPending} onClick={() => again.mutate()}>
            Reconnect now
          </Button>
        )}
        {helps !== "reconnect" && (
          <Button
            size="xs"
            disabled={lost}
            onClick={() => go(helps === "scan" ? `/senders?pair=${of.id}` : "/senders")}
          >
            {helps === "scan" ? "Scan QR Code" : "To the device"}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
