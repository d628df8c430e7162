// By which channel it goes: one of them, or both, each person once; then which comes first.

import { Radio, SegmentedControl, Stack, Text } from "@mantine/core";
import { useRef } from "react";
import { number } from "@/model/words";
import type { Sender } from "@/reading/rooms";
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
        aria-label="Channel"
        value={wishes.channel}
        onChange={(value) => choose(value as Channel)}
        data={[
          { value: "email", label: "E-mail" },
          { value: "whatsapp", label: "WhatsApp" },
          { value: "mixed", label: "Both" },
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
        label="Each person gets one message, by the channel they consented to"
        description="Of those who consented to both, or of whom it is not known:"
        value={waysOf(wishes)[0] as Way}
        onChange={choose}
      >
        <Stack gap={8} mt={6}>
          <Radio value="whatsapp" label="WhatsApp first, else e-mail" />
          <Radio value="email" label="E-mail first, else WhatsApp" />
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
