// Links a phone: a QR code that is swapped live, or a code that is typed on the phone. Never a dead code.

import { Alert, Button, Code, Group, Modal, Stack, Tabs, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { act } from "@/api/client";
import { Problem } from "@/api/problem";
import { useLink, useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import type { Device } from "@/model/device";
import { useDevices } from "@/reading/devices";
import { words } from "@/words/devices";
import { Countdown, Picture, Typed } from "./Shown";

const CLOSES_MS = 1_800;
const SLOW_MS = 15_000;

export function Pairing({ id, name, close }: { id: string; name: string; close: () => void }) {
  const devices = useDevices();
  const lost = useLink().status === "lost";
  const [method, setMethod] = useState<"qr" | "code">("qr");
  const [slow, setSlow] = useState(false);
  const asked = useRef(false);
  const of = devices.data?.items.find((each) => each.id === id) ?? null;
  const pair = useMutation({
    mutationFn: (body: { method: "qr" } | { method: "code"; phone: string }) =>
      act<Device>({ method: "POST", route: `/devices/${id}/pair`, body }),
    onSuccess: () => devices.refetch(), // what stood before the order is no answer to it
  });
  const { mutate } = pair;
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    mutate({ method: "qr" });
  }, [mutate]);
  const at = stage(of, pair.isSuccess, useNow());
  useEffect(() => {
    setSlow(false);
    if (at !== 0) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [at]);
  useEffect(() => {
    if (at !== 3) return;
    const timer = setTimeout(close, CLOSES_MS);
    return () => clearTimeout(timer);
  }, [at, close]);
  const ended = of !== null && pair.isSuccess && (of.status === "disconnected" || of.reason === "qr_expired");
  return (
    <Modal
      opened
      onClose={close}
      title={words.connect(name)}
      size={660}
      closeButtonProps={{ "aria-label": words.close }}
    >
      <Stack gap="md" data-testid="pairing" data-stage={at}>
        <ol className="crumbs" aria-label={words.howFar}>
          {words.stages.map((each, place) => (
            <li key={each} aria-current={place === at ? "step" : undefined} data-done={place < at || undefined}>
              {place < at && <Icon name="done" size={13} />} {each}
            </li>
          ))}
        </ol>
        {pair.error && (
          <Alert color="red" role="alert" title={words.cannotLink}>
            {pair.error.message}
          </Alert>
        )}
        {devices.data?.install && <Install command={devices.data.install} />}
        {at === 3 && of ? (
          <Alert color="green" icon={<Icon name="done" />} role="status" title={words.connected}>
            {words.closesItself(of.phoneNumber, of.name)}
          </Alert>
        ) : ended && of ? (
          <Ended of={of} again={() => mutate({ method: "qr" })} busy={pair.isPending} />
        ) : (
          <Tabs
            value={method}
            onChange={(value) => {
              setMethod(value as "qr" | "code");
              if (value === "qr" && of?.codeTyped) mutate({ method: "qr" });
            }}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="qr">{words.scan}</Tabs.Tab>
              <Tabs.Tab value="code">{words.useCode}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="qr">
              <Group align="flex-start" justify="space-between" gap="md" wrap="wrap">
                <Howto typed={false} />
                <Stack gap="xs" align="center">
                  {lost ? <Text size="sm">{words.offline}</Text> : <Picture of={of} linking={at === 2} />}
                  {slow && at === 0 && (
                    <Text size="sm" maw={280}>
                      {words.noCode}
                    </Text>
                  )}
                  {!lost && of && !of.codeTyped && at === 1 && <Countdown of={of} />}
                </Stack>
              </Group>
            </Tabs.Panel>
            <Tabs.Panel value="code">
              <Stack gap="md">
                <Howto typed />
                <PhoneForm
                  ask={(phone) => mutate({ method: "code", phone })}
                  busy={pair.isPending}
                  error={pair.error instanceof Problem ? pair.error.at("/phone") : undefined}
                />
                {!lost && of?.codeTyped && <Typed of={of} />}
              </Stack>
            </Tabs.Panel>
          </Tabs>
        )}
        <Text size="sm" c="dimmed">
          {words.risk}
        </Text>
      </Stack>
    </Modal>
  );
}

/** 0 starting, 1 a code is shown, 2 scanned, 3 connected. */
function stage(of: Device | null, ordered: boolean, now: number): number {
  if (!of || !ordered) return 0;
  if (of.status === "connected") return 3;
  if (of.reason === "pairing" || of.status === "reconnecting") return 2;
  return of.status === "qr_pending" && of.codeExpiresAt && new Date(of.codeExpiresAt).getTime() > now ? 1 : 0;
}

function Howto({ typed }: { typed: boolean }) {
  return (
    <ol className="howto">
      <li>{words.howto.open}</li>
      <li>{words.howto.settings}</li>
      <li>{typed ? words.howto.type : words.howto.point}</li>
    </ol>
  );
}

function PhoneForm({ ask, busy, error }: { ask: (phone: string) => void; busy: boolean; error: string | undefined }) {
  const [phone, setPhone] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask(phone.trim());
      }}
    >
      <Group align="flex-end" gap="sm">
        <TextInput
          label={words.phoneNumber}
          placeholder="+94711234567"
          type="tel"
          required
          value={phone}
          onChange={(event) => setPhone(event.currentTarget.value)}
          error={error}
        />
        <Button type="submit" variant="default" loading={busy}>
          {words.getCode}
        </Button>
      </Group>
    </form>
  );
}

function Ended({ of, again, busy }: { of: Device; again: () => void; busy: boolean }) {
  return (
    <Alert
      color={of.reason === "qr_expired" ? "gray" : "red"}
      role="status"
      title={of.reason === "qr_expired" ? words.notScanned : words.notLinked}
    >
      <Text size="sm">{of.reason === "qr_expired" ? words.codesLive : of.words}</Text>
      <Button mt="sm" size="xs" onClick={again} loading={busy}>
        {words.newCode}
      </Button>
    </Alert>
  );
}

export function Install({ command }: { command: string }) {
  return (
    <Alert color="orange" role="status" title={words.oneMoreThing} data-testid="install">
      <Text size="sm">
        {words.runThere} <Code>{command}</Code>
      </Text>
    </Alert>
  );
}
