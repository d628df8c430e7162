// How far a campaign is, as a ring. Parts that are zero are left out, or round caps would draw a dot.

import { RingProgress, Text } from "@mantine/core";
import { type Counts, progress } from "@/model/campaign";
import { percent } from "@/model/words";
import { COLOURS } from "./CountBar";

export function Ring({ counts, size = 132 }: { counts: Counts; size?: number }) {
  const parts = (["sent", "uncertain", "failed", "skipped", "cancelled"] as const).filter((each) => counts[each] > 0);
  const share = progress(counts);
  return (
    <RingProgress
      size={size}
      thickness={12}
      sections={parts.map((each) => ({ value: (counts[each] / counts.audience) * 100, color: COLOURS[each] }))}
      label={
        <Text ta="center" fw={700} size="xl" data-testid="percent">
          {percent(share)}
        </Text>
      }
    />
  );
}
