// Which account it leaves through, from whom, and how fast; over both channels one of each.

import { Select, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "wouter";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";
import type { Wishes } from "../drafts";
import { Limits } from "./Limits";
import { paceOf } from "./pace";
import { type Chosen, carries, isBoth, reached, type Tally, type Way, waysOf, withSender } from "./ways";

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
        label={both ? words.senderBy(way) : words.sender}
        placeholder={words.chooseOne}
        data={fit.map((each) => ({ value: each.id, label: words.senderAs(each.name, each.kind, each.health) }))}
        value={mine?.id ?? null}
        onChange={(value) => set(withSender(wishes, way, value, senders ?? []))}
        allowDeselect={false}
        data-testid={both ? `sender-${way}` : "sender"}
      />
      {senders && fit.length === 0 && (
        <Text size="sm">
          {words.noSender(way)} <Link href="/senders">{words.addOne}</Link> {words.addFirst[way]}
        </Text>
      )}
      {way === "email" && (
        <>
          <TextInput
            label={words.from}
            description={standing ? words.leftEmpty(String(standing)) : words.nameAndAddress}
            value={wishes.from}
            onChange={(event) => set({ from: event.currentTarget.value })}
          />
          <TextInput
            label={words.replyTo}
            description={words.sameAsFrom}
            value={wishes.reply_to}
            onChange={(event) => set({ reply_to: event.currentTarget.value })}
          />
        </>
      )}
      {mine && (
        <Text size="sm" c="dimmed">
          {paceOf(mine).words} <Link href="/senders">{words.changePace}</Link>; {words.takesEffect}
        </Text>
      )}
      {mine && way === "whatsapp" && <Limits sender={mine} people={reached(tally, wishes, way)} taken={riskTaken} />}
    </Stack>
  );
}
