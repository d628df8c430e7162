// Which account it leaves through, from whom, and how fast.

import { Select, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "wouter";
import type { Sender } from "@/reading/rooms";
import type { Wishes } from "../drafts";
import { paceOf } from "./pace";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  senders: Sender[] | null;
  chosen: Sender | null;
}

export function SenderChoice({ wishes, set, senders, chosen }: Props) {
  const standing = chosen?.options.from;
  return (
    <Stack gap="sm">
      <Select
        label="Sender"
        placeholder="Choose one"
        data={(senders ?? []).map((each) => ({ value: each.id, label: `${each.name} (${each.kind}, ${each.health})` }))}
        value={chosen?.id ?? null}
        onChange={(value) => set({ senders: value ? [value] : [] })}
        allowDeselect={false}
        data-testid="sender"
      />
      {senders?.length === 0 && (
        <Text size="sm">
          There is no sender yet. <Link href="/senders">Add one</Link> first; to try things out, the built-in inbox is
          enough.
        </Text>
      )}
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
      {chosen && (
        <Text size="sm" c="dimmed">
          {paceOf(chosen).words} <Link href="/senders">Change the sender's pace</Link>; it takes effect within a second,
          also while it sends.
        </Text>
      )}
    </Stack>
  );
}
