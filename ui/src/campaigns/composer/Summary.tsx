// What it amounts to, and the one button. More than 1,000 people: the number is typed.

import { Button, Modal, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { act } from "@/api/client";
import { Problem } from "@/api/problem";
import { attendant } from "@/live/attend";
import { useLayer, useLink, useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import type { Campaign } from "@/model/campaign";
import { duration } from "@/model/pace";
import { day, number, time } from "@/model/words";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";
import { plainChecks, useNumber } from "./Checks";
import type { Writing } from "./useDraft";
import { useLasting } from "./useLasting";
import { type Chosen, isBoth, reached, type Tally, type Way, waysOf } from "./ways";

const TYPED_FROM = 1_000;

export function Summary({ writing, chosen, tally }: { writing: Writing; chosen: Chosen; tally: Tally | null }) {
  const layer = useLayer();
  const lost = useLink().status === "lost";
  const [, go] = useLocation();
  const [asking, { open, close }] = useDisclosure(false);
  const now = useNow(10_000);
  const { wishes } = writing;
  const people = tally?.reachable ?? 0;
  const both = isBoth(wishes);
  const complete = waysOf(wishes).every((way) => chosen[way]);
  const { seconds, outlook } = useLasting(wishes, chosen, tally);
  const from = (way: Way) =>
    way === "email"
      ? wishes.from || String(chosen.email?.options.from ?? words.nobody)
      : String(chosen.whatsapp?.options.from ?? chosen.whatsapp?.name ?? words.nobody);
  const account = useNumber(chosen);
  const open_ = plainChecks(writing, chosen, tally, account).filter((each) => each.level === "red").length;
  const send = useMutation({
    mutationFn: async (anyway: boolean) => {
      const draft = await writing.flush();
      const body = {
        ...(wishes.mode === "attended" ? { attendant: attendant() } : {}),
        ...(anyway ? { anyway } : {}),
      };
      return act<Campaign>({
        method: "POST",
        route: `/campaigns/${draft.id}/send`,
        ...(Object.keys(body).length > 0 ? { body } : {}),
        patience: 60_000,
      });
    },
    onSuccess: (told) => {
      layer.took(told);
      askForNotices();
      go(`/campaigns/${told.id}`);
    },
  });
  const press = () => (people > TYPED_FROM ? open() : send.mutate(false));
  const start = wishes.start_at ? new Date(wishes.start_at).getTime() : now;
  return (
    <aside className="card pad sticky" aria-label={words.summary}>
      <Title order={2} size="h4" mb="sm">
        {words.summary}
      </Title>
      <Stack gap={6}>
        <Text fz={26} fw={700} className="num">
          {words.people(people)}
        </Text>
        {waysOf(wishes).map((way) => (
          <Text key={way} size="sm" data-testid={`from-${way}`}>
            {both && tally?.by
              ? words.byFrom(number(reached(tally, wishes, way)), way, from(way))
              : words.leavesFrom(from(way))}
          </Text>
        ))}
        {complete && people > 0 && (
          <Text size="sm" data-testid="predicted">
            {words.atThisPace(duration(Math.max(1, seconds)), time(start + seconds * 1000))}
            {outlook?.daily_cap
              ? `, ${words[outlook.grows ? "todayThenMore" : "aDay"](number(outlook.daily_cap))}`
              : ""}
          </Text>
        )}
        {wishes.start_at && <Text size="sm">{words.starts(day(wishes.start_at))}</Text>}
        <Text size="sm">{wishes.mode === "attended" ? words.watched : words.onServer}</Text>
        {wishes.canary && <Text size="sm">{words.firstThenYou(number(wishes.canary))}</Text>}
        {open_ > 0 && (
          <Text size="sm" role="status">
            {words.toMend(open_)}
          </Text>
        )}
        {lost && <Text size="sm">{words.serverAway}</Text>}
        {send.error && (
          <Refused error={send.error} sender={chosen.whatsapp ?? null} again={(anyway) => send.mutate(anyway)} />
        )}
        <Button
          mt="sm"
          fullWidth
          size="md"
          leftSection={<Icon name="campaigns" size={17} />}
          disabled={open_ > 0 || lost}
          loading={send.isPending}
          onClick={press}
          data-testid="send"
        >
          {wishes.start_at ? words.scheduleFor(people) : words.sendTo(people)}
        </Button>
      </Stack>
      {asking && (
        <TypeNumber
          people={people}
          close={close}
          sure={() => {
            close();
            send.mutate(false);
          }}
        />
      )}
    </aside>
  );
}

/** Why it did not start, with the button that helps; what the check found a person may override, and that is written down. */
function Refused({ error, sender, again }: { error: Error; sender: Sender | null; again: (anyway: boolean) => void }) {
  const [, go] = useLocation();
  const code = error instanceof Problem ? error.code : "";
  const [name, press] =
    code === "no_connection"
      ? [words.scanQr, () => go(`/senders?pair=${sender?.id ?? ""}`)]
      : code === "restoring"
        ? [words.tryAgain, () => again(false)]
        : code === "device_not_found"
          ? [words.toSenders, () => go("/senders")]
          : code === "lint"
            ? [words.startAnyway, () => again(true)]
            : [null, () => again(false)];
  return (
    <div role="alert" data-testid="refused">
      <Text size="sm" c="red">
        {error.message}
      </Text>
      {name && (
        <Button size="xs" mt={6} variant="default" onClick={press}>
          {name}
        </Button>
      )}
    </div>
  );
}

function TypeNumber({ people, close, sure }: { people: number; close: () => void; sure: () => void }) {
  const [typed, setTyped] = useState("");
  const right = typed.replace(/\D/g, "") === String(people);
  return (
    <Modal opened onClose={close} title={words.sendToAllAsk(number(people))} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (right) sure();
        }}
      >
        <TextInput
          label={words.typeNumber(people)}
          inputMode="numeric"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit" mt="md" fullWidth disabled={!right}>
          {words.sendToAll(number(people))}
        </Button>
      </form>
    </Modal>
  );
}

/** Asked for at the first Send and never before: by then it is clear what for. */
function askForNotices(): void {
  if (typeof Notification === "undefined" || Notification.permission !== "default") return;
  if (localStorage.getItem("homing.notices-asked")) return;
  localStorage.setItem("homing.notices-asked", "1");
  void Notification.requestPermission();
}
