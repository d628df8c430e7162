// An import at work: what it does, how far, how fast, how long still; pause and cancel.

import { Button, Group, Progress, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLink, useNow } from "@/live/useLive";
import { type Import, shareOf } from "@/model/imports";
import { clock } from "@/model/pace";
import { count, number } from "@/model/words";
import { useImportVerb } from "./useImportVerb";

const STAGES: Record<string, string> = {
  reading: "Checking every row",
  sorting: "Looking for repeated rows",
  comparing: "Comparing with who is known already",
  writing: "Writing",
  swapping: "Removing who is not in the file",
};
const FRESH_MS = 5_000;

export function Moving({ of, at }: { of: Import; at: number }) {
  const lost = useLink().status === "lost";
  const now = useNow();
  const { does, waits } = useImportVerb(of);
  const share = shareOf(of);
  const stage = of.stage ?? (of.state === "running" ? "writing" : "reading");
  const { rows, of: all, chunks } = of.progress;
  const old = lost || now - at > FRESH_MS;
  const rate = old ? null : of.progress.rate;
  const left = old ? null : of.progress.secondsLeft;
  return (
    <section className="card pad" aria-label="The import at work">
      <Title order={2} size="h4" mb="sm" data-testid="stage">
        {waits === "pause" ? "Pausing..." : waits === "cancel" ? "Cancelling..." : (STAGES[stage] ?? "Working")}
      </Title>
      <Progress value={(share ?? 0) * 100} size="lg" aria-label={STAGES[stage] ?? "Progress"} />
      <Group mt="sm" gap="lg" className="num">
        <Text size="sm" data-testid="progress">
          {all ? `${number(rows)} of ${count(all, "row")}` : count(rows, "row")}
        </Text>
        <Text size="sm" c="dimmed" data-testid="import-rate">
          {rate ? `${number(Math.round(rate))} rows/s` : "-"}
        </Text>
        <Text size="sm" c="dimmed">
          {left === null || left === undefined ? "" : `${clock(left)} left`}
        </Text>
        {of.state === "running" && chunks > 0 && (
          <Text size="sm" c="dimmed">
            {count(chunks, "chunk")} stored for good
          </Text>
        )}
      </Group>
      <Spoken share={share} stage={STAGES[stage] ?? ""} />
      <Group mt="md" gap="sm">
        <Button variant="default" onClick={() => does("pause")} disabled={waits !== null}>
          Pause
        </Button>
        <Button variant="default" onClick={() => does("cancel")} disabled={waits !== null}>
          Cancel
        </Button>
        <Text size="sm" c="dimmed">
          {lost
            ? "The server is away. The import goes on by itself behind its last chunk as soon as it is back."
            : "It goes on without this page."}
        </Text>
      </Group>
    </section>
  );
}

/** For those who hear the page: at each quarter, not at each row. */
function Spoken({ share, stage }: { share: number | null; stage: string }) {
  const quarter = share === null ? 0 : Math.floor(share * 4) * 25;
  const [said, setSaid] = useState("");
  useEffect(() => {
    setSaid(`${stage}, ${quarter} %`);
  }, [quarter, stage]);
  return (
    <span className="hidden-words" role="status">
      {said}
    </span>
  );
}
