// Which account it leaves through, from whom, and how fast.

import { Select, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "wouter";
import type { Sender } from "@/reading/rooms";
import type { Wishes } from "../drafts";
import { Limits } from "./Limits";
import { paceOf } from "./pace";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  senders: Sender[] | null;
  chosen: Sender | null;
  people: number;
  riskTaken: () => void;
}

/** Whether a sender is for this channel; the simulated one is for both. */
export function carries(of: Sender, channel: string): boolean {
  return of.kind === "simulated" || of.kind.startsWith("whatsapp") === (channel === "whatsapp");
}

export function SenderChoice({ wishes, set, senders, chosen, people, riskTaken }: Props) {
  const standing = chosen?.options.from;
  const fit = (senders ?? []).filter((each) => carries(each, wishes.channel));
  return (
    <Stack gap="sm">
      <Select
        label="Sender"
        placeholder="Choose one"
        data={fit.map((each) => ({ value: each.id, label: `${each.name} (${each.kind}, ${each.health})` }))}
        value={chosen?.id ?? null}
        onChange={(value) => set({ senders: value ? [value] : [] })}
        allowDeselect={false}
        data-testid="sender"
      />
      {senders && fit.length === 0 && (
        <Text size="sm">
          There is no sender for {wishes.channel === "whatsapp" ? "WhatsApp" : "e-mail"} yet.{" "}
          <Link href="/senders">Add one</Link> first
          {wishes.channel === "whatsapp" ? "." : "; to try things out, the built-in inbox is enough."}
        </Text>
      )}
      {wishes.channel === "email" && (
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
      {chosen && (
        <Text size="sm" c="dimmed">
          {paceOf(chosen).words} <Link href="/senders">Change the sender's pace</Link>; it takes effect within a second,
          also while it sends.
        </Text>
      )}
      {chosen && wishes.channel === "whatsapp" && <Limits sender={chosen} people={people} taken={riskTaken} />}
    </Stack>
  );
}
