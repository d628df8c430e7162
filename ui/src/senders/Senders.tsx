// The accounts that messages leave through: health in words, a live handshake, limits and pace.

import { Alert, Button, Group, Menu, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { act } from "@/api/client";
import { paceOf } from "@/campaigns/composer/pace";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon, type IconName } from "@/marks/icons";
import { sentence } from "@/model/words";
import { say } from "@/notices/toast";
import { useDevices } from "@/reading/devices";
import { type Sender, useSenders } from "@/reading/rooms";
import { words } from "@/words/senders";
import { DeviceRow } from "./devices/DeviceRow";
import { Restoring } from "./devices/Restoring";
import { NumberLine } from "./NumberLine";
import { Install, Pairing } from "./pairing/Pairing";
import { SenderForm } from "./SenderForm";
import { usePointed } from "./usePointed";

const LINKED = "whatsapp_linked";

export function Senders() {
  const client = useQueryClient();
  const senders = useSenders();
  const lost = useLink().status === "lost";
  const [shown, setShown] = useState<Sender | "new" | null>(null);
  const [pairing, setPairing] = useState<{ id: string; name: string } | null>(null);
  const linked = senders.data?.some((each) => each.kind === LINKED) ?? false;
  const devices = useDevices(linked);
  const changed = () => {
    void client.invalidateQueries({ queryKey: ["senders"] });
    void client.invalidateQueries({ queryKey: ["devices"] });
  };
  const closePairing = useCallback(() => setPairing(null), []);
  const [query, setQuery] = useSearchParams();
  const wanted = query.get("pair"); // a link from elsewhere that leads straight to the code
  useEffect(() => {
    const of = senders.data?.find((each) => each.id === wanted);
    if (!of) return;
    setPairing({ id: of.id, name: of.name });
    setQuery({}, { replace: true });
  }, [wanted, senders.data, setQuery]);
  const pointed = query.get("show"); // a link from elsewhere that leads to one card
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {words.senders}
        </Title>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setShown("new")} disabled={lost}>
          {words.add}
        </Button>
      </Group>
      {!senders.data && !senders.error && <Loading rows={3} height={76} />}
      {senders.error && !senders.data && <Trouble error={senders.error} again={() => void senders.refetch()} />}
      {senders.data?.length === 0 && (
        <Empty icon="senders" title={words.add} act={<Button onClick={() => setShown("new")}>{words.add}</Button>}>
          {words.whatItIs} <code>homing inbox</code> {words.saysWhatToGive}
        </Empty>
      )}
      {linked && devices.data?.install && <Install command={devices.data.install} />}
      {linked && <Restoring devices={devices.data?.items ?? []} />}
      {(senders.data?.length ?? 0) > 0 && (
        <div className="card rows">
          {senders.data?.map((each) => {
            const device = devices.data?.items.find((one) => one.id === each.id);
            return device ? (
              <DeviceRow
                key={each.id}
                of={device}
                sender={each}
                lost={lost}
                install={devices.data?.install ?? null}
                scan={() => setPairing({ id: each.id, name: each.name })}
                change={() => setShown(each)}
                remove={() => void takeOut(each, changed)}
                changed={changed}
                pointed={each.name === pointed}
              />
            ) : (
              <SenderRow
                key={each.id}
                of={each}
                lost={lost}
                change={() => setShown(each)}
                changed={changed}
                pointed={each.name === pointed}
              />
            );
          })}
        </div>
      )}
      {shown && (
        <SenderForm
          of={shown === "new" ? null : shown}
          close={() => setShown(null)}
          changed={changed}
          made={(sender) => sender.kind === LINKED && setPairing({ id: sender.id, name: sender.name })}
        />
      )}
      {pairing && <Pairing id={pairing.id} name={pairing.name} close={closePairing} />}
    </div>
  );
}

const HEALTH: Record<string, { icon: IconName; colour: string }> = {
  up: { icon: "done", colour: "light-dark(#0b5c2b, #8fe3ad)" },
  slow: { icon: "wait", colour: "light-dark(#6b4700, #ffdf8f)" },
  down: { icon: "off", colour: "light-dark(#9b1616, #ffb3b3)" },
  blocked: { icon: "cross", colour: "light-dark(#9b1616, #ffb3b3)" },
};

async function takeOut(of: Sender, changed: () => void): Promise<void> {
  try {
    await act({ method: "DELETE", route: `/senders/${of.id}` });
    changed();
  } catch (error) {
    say(words.notRemoved, (error as Error).message, "red");
  }
}

function SenderRow({
  of,
  lost,
  change,
  changed,
  pointed,
}: {
  of: Sender;
  lost: boolean;
  change: () => void;
  changed: () => void;
  pointed: boolean;
}) {
  const card = usePointed(pointed);
  const test = useMutation({
    mutationFn: () =>
      act<{ ok: boolean; trouble: string | null }>({
        method: "POST",
        route: `/senders/${of.id}/test`,
        patience: 60_000,
      }),
  });
  const health = HEALTH[of.health] ?? { icon: "wait" as const, colour: "inherit" };
  const where = of.options.host ? `${String(of.options.host)}:${String(of.options.port ?? 25)}` : "";
  return (
    <div className="row sender" data-sender={of.name} {...card}>
      <div style={{ minWidth: 0 }}>
        <Group gap="sm">
          <span className="name">{of.name}</span>
          <span className="health small" style={{ color: health.colour }}>
            <Icon name={health.icon} size={14} /> {words.health[of.health] ?? of.health}
          </span>
          <Text size="sm" c="dimmed" component="span" style={{ overflowWrap: "anywhere" }}>
            {[of.kind, where, String(of.options.from ?? "")].filter(Boolean).join(" · ")}
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          {paceOf(of).words}
        </Text>
        {of.detail && of.health !== "up" && <Text size="sm">{sentence(of.detail)}</Text>}
        {of.kind === "whatsapp_cloud" && <NumberLine sender={of.id} />}
        {test.data && (
          <Alert mt="xs" p="xs" color={test.data.ok ? "green" : "red"} role="status">
            {test.data.ok
              ? words.works
              : (words.trouble[test.data.trouble ?? ""] ?? test.data.trouble ?? words.didNotWork)}
          </Alert>
        )}
        {test.error && (
          <Text size="sm" c="red" role="status">
            {test.error.message}
          </Text>
        )}
      </div>
      <Group gap="xs">
        <Button size="xs" variant="default" loading={test.isPending} disabled={lost} onClick={() => test.mutate()}>
          {words.test}
        </Button>
        <Button size="xs" variant="default" disabled={lost} onClick={change}>
          {words.change}
        </Button>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button size="xs" variant="subtle" color="gray" aria-label={words.moreAbout(of.name)}>
              <Icon name="more" size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              color="red"
              leftSection={<Icon name="trash" size={16} />}
              onClick={() => void takeOut(of, changed)}
              disabled={lost}
            >
              {words.takeOut}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
    </div>
  );
}
