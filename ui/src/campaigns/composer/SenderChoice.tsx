// Which account it leaves through, from whom, and how fast; over both channels one of each.

import { Select, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "wouter";
import type { Sender } from "@/reading/rooms";
import type { Wishes } from "../drafts";
import { Limits } from "./Limits";
import { paceOf } from "./pace";
import { type Chosen, carries, isBoth, reached, type Tally, type Way, WORD, waysOf, withSender } from "./ways";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  senders: Sender[] | null;
  chosen: Chosen;
  tally: Tally | null;
  riskTaken: () => void;
}

export function SenderChoice(props: Props) {
  return (
    <Stack gap="xl">
      {waysOf(props.wishes).map((way) => (
        <One key={`${way}${props.chosen[way]?.id}`} way={way} {...props} />
      ))}
    </Stack>
  );
}

function One({ way, wishes, set, senders, chosen, tally, riskTaken }: Props & { way: Way }) {
  const mine = chosen[way] ?? null;
  const standing = mine?.options.from;
  const both = isBoth(wishes);
  const fit = (senders ?? []).filter((each) => carries(each, way, both));
  return (
    <Stack gap="sm">
      <Select
        label={both ? `Sender by ${WORD[way]}` : "Sender"}
        placeholder="Choose one"
        data={fit.map((each) => ({ value: each.id, label: `${each.name} (${each.kind}, ${each.health})` }))}
        value={mine?.id ?? null}
        onChange={(value) => set(withSender(wishes, way, value, senders ?? []))}
        allowDeselect={false}
        data-testid={both ? `sender-${way}` : "sender"}
      />
      {senders && fit.length === 0 && (
        <Text size="sm">
          There is no sender for {way === "whatsapp" ? "WhatsApp" : "e-mail"} yet. <Link href="/senders">Add one</Link>{" "}
          first{way === "whatsapp" ? "." : "; to try things out, the built-in inbox is enough."}
        </Text>
      )}
      {way === "email" && (
        <>
          <TextInput
            label="From"
            description={standing ? `Left empty: ${String(standing)}` : "Name <address>"}
            value={wishes.from}
            onChange={(event) => set({ from: event.currentTarget.value })}
          />
          <TextInput
            label="Reply to"
            description="Left empty: the same as From"
            value={wishes.reply_to}
            onChange={(event) => set({ reply_to: event.currentTarget.value })}
          />
        </>
      )}
      {mine && (
        <Text size="sm" c="dimmed">
          {paceOf(mine).words} <Link href="/senders">Change the sender's pace</Link>; it takes effect within a second,
          also while it sends.
        </Text>
      )}
      {mine && way === "whatsapp" && <Limits sender={mine} people={reached(tally, wishes, way)} taken={riskTaken} />}
    </Stack>
  );
}
