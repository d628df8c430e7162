// By which channel it goes: one of them, or both, each person once; then which comes first.

import { Radio, SegmentedControl, Stack, Text } from "@mantine/core";
import { useRef } from "react";
import { number } from "@/model/words";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";
import type { Wishes } from "../drafts";
import { type Channel, isBoth, type Shelf, shelved, type Tally, tallyWords, turned, type Way, waysOf } from "./ways";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  senders: Sender[];
  tally: Tally | null;
}

export function Channels({ wishes, set, senders, tally }: Props) {
  const shelf = useRef<Shelf | null>(null);
  const choose = (to: Channel) => {
    const changes = turned(wishes, to, senders, shelf.current);
    if (isBoth(wishes)) shelf.current = shelved(wishes);
    set(changes);
  };
  return (
    <Stack gap="sm" mb="md">
      <SegmentedControl
        style={{ alignSelf: "start" }}
        aria-label={words.channel}
        value={wishes.channel}
        onChange={(value) => choose(value as Channel)}
        data={[
          { value: "email", label: words.channels.email },
          { value: "whatsapp", label: words.channels.whatsapp },
          { value: "mixed", label: words.channels.mixed },
        ]}
      />
      {isBoth(wishes) && <Preference wishes={wishes} set={set} tally={tally} />}
    </Stack>
  );
}

function Preference({ wishes, set, tally }: Omit<Props, "senders">) {
  const choose = (first: string) => set({ prefer: first === "email" ? ["email", "whatsapp"] : ["whatsapp", "email"] });
  return (
    <>
      <Radio.Group
        label={words.eachGetsOne}
        description={words.ofBothOrNone}
        value={waysOf(wishes)[0] as Way}
        onChange={choose}
      >
        <Stack gap={8} mt={6}>
          <Radio value="whatsapp" label={words.first.whatsapp} />
          <Radio value="email" label={words.first.email} />
        </Stack>
      </Radio.Group>
      {tally?.by && (
        <Text size="sm" role="status" data-testid="by-channel">
          {tallyWords(tally, wishes, number)}
        </Text>
      )}
    </>
  );
}
