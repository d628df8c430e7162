// Counts as one bar: sent, failed, uncertain, left out. What is open is the track.

import { Progress } from "@mantine/core";
import type { Counts } from "@/model/campaign";
import { words } from "@/words/frame";

export const COLOURS = {
  sent: "teal.7",
  failed: "red.7",
  uncertain: "yellow.6",
  skipped: "gray.5",
  cancelled: "gray.6",
} as const;

export function CountBar({ counts, name, size = "md" }: { counts: Counts; name: string; size?: string }) {
  const share = (value: number) => (counts.audience > 0 ? (value / counts.audience) * 100 : 0);
  const parts = (["sent", "uncertain", "failed", "skipped", "cancelled"] as const).filter((each) => counts[each] > 0);
  return (
    <Progress.Root
      size={size}
      role="img"
      aria-label={words.sentOf(name, counts.sent, counts.audience)}
      className="countbar"
    >
      {parts.map((each) => (
        <Progress.Section key={each} value={share(counts[each])} color={COLOURS[each]} withAria={false} />
      ))}
    </Progress.Root>
  );
}
