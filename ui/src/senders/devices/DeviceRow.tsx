// One linked WhatsApp device: how it stands in sign, word and colour, why, and the one button that helps.

import { Button, Code, Group, Menu, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { act } from "@/api/client";
import { paceOf } from "@/campaigns/composer/pace";
import { useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { attemptWords, cure, type Device, deviceLook, deviceWords } from "@/model/device";
import { time } from "@/model/words";
import { say } from "@/notices/toast";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/devices";
import { usePointed } from "../usePointed";
import { Steps } from "./Steps";

const COLOURS = {
  green: "light-dark(#0b5c2b, #8fe3ad)",
  yellow: "light-dark(#6b4700, #ffdf8f)",
  blue: "light-dark(#0b4a85, #a6d3ff)",
  red: "light-dark(#9b1616, #ffb3b3)",
};

interface Props {
  of: Device;
  sender: Sender;
  lost: boolean;
  install: string | null;
  scan: () => void;
  change: () => void;
  remove: () => void;
  changed: () => void;
  pointed: boolean;
}

export function DeviceRow({ of, sender, lost, install, scan, change, remove, changed, pointed }: Props) {
  const card = usePointed(pointed);
  const now = useNow();
  const look = deviceLook(of.status);
  const order = useMutation({
    mutationFn: (verb: "reconnect" | "takeover" | "logout") =>
      act<Device>({ method: "POST", route: `/devices/${of.id}/${verb}` }),
    onSuccess: changed,
    onError: (error) => say(words.notDone, error.message, "red"),
  });
  const attempt = attemptWords(of, now);
  const told = deviceWords(of, (at) => time(at));
  const helps = cure(of);
  return (
    <div className="row sender" data-device={of.name} {...card}>
      <div style={{ minWidth: 0 }}>
        <Group gap="sm">
          <span className="name">{of.name}</span>
          <span className="num small">{of.phoneNumber ?? words.notLinkedYet}</span>
          <span
            className="health small num"
            style={{ color: COLOURS[look.tone] }}
            data-testid="device-status"
            role="status"
          >
            <Icon name={look.icon} size={14} /> {look.label}
          </span>
          {attempt && (
            <span className="small num" data-testid="attempt">
              {attempt}
            </span>
          )}
        </Group>
        {of.status === "reconnecting" && of.attempt > 0 && <Steps of={of} />}
        {told && (
          <Text size="sm" mt={2} data-testid="device-words">
            {told}
          </Text>
        )}
        {install && of.status !== "connected" && of.reason !== "not_installed" && (
          <Text size="sm" mt={2}>
            {words.cannotRun} <Code>{install}</Code>
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {paceOf(sender).words}
        </Text>
      </div>
      <Group gap="xs" justify="flex-end">
        {helps === "scan" && (
          <Button size="xs" disabled={lost} onClick={scan} leftSection={<Icon name="phone" size={14} />}>
            {words.scan}
          </Button>
        )}
        {helps === "reconnect" && (
          <Button
            size="xs"
            variant="default"
            disabled={lost}
            loading={order.isPending}
            onClick={() => order.mutate("reconnect")}
          >
            {words.reconnect}
          </Button>
        )}
        {helps === "takeover" && (
          <Button
            size="xs"
            variant="default"
            disabled={lost}
            loading={order.isPending}
            onClick={() => order.mutate("takeover")}
          >
            {words.takeBack}
          </Button>
        )}
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button size="xs" variant="subtle" color="gray" aria-label={words.moreAbout(of.name)}>
              <Icon name="more" size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Icon name="draft" size={16} />} onClick={change} disabled={lost}>
              {words.rename}
            </Menu.Item>
            {of.phoneNumber && of.reason !== "logged_out" && (
              <Menu.Item
                leftSection={<Icon name="off" size={16} />}
                onClick={() => order.mutate("logout")}
                disabled={lost}
              >
                {words.logOut}
              </Menu.Item>
            )}
            <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={remove} disabled={lost}>
              {words.takeOut}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
    </div>
  );
}
