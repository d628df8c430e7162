// An import at work: what it does, how far, how fast, how long still; pause and cancel.

import { Button, Group, Progress, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLink, useNow } from "@/live/useLive";
import { type Import, shareOf } from "@/model/imports";
import { clock } from "@/model/pace";
import { number } from "@/model/words";
import { words as imports } from "@/words/imports";
import { words } from "@/words/wizard";
import { useImportVerb } from "./useImportVerb";

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
    <section className="card pad" aria-label={words.atWork}>
      <Title order={2} size="h4" mb="sm" data-testid="stage">
        {waits === "pause" || waits === "cancel" ? imports.underway[waits] : (words.stages[stage] ?? words.working)}
      </Title>
      <Progress value={(share ?? 0) * 100} size="lg" aria-label={words.stages[stage] ?? words.progress} />
      <Group mt="sm" gap="lg" className="num">
        <Text size="sm" data-testid="progress">
          {all ? words.rowsOf(number(rows), all) : words.rowsDone(rows)}
        </Text>
        <Text size="sm" c="dimmed" data-testid="import-rate">
          {rate ? words.rowsASecond(number(Math.round(rate))) : "-"}
        </Text>
        <Text size="sm" c="dimmed">
          {left === null || left === undefined ? "" : words.left(clock(left))}
        </Text>
        {of.state === "running" && chunks > 0 && (
          <Text size="sm" c="dimmed">
            {words.chunksStored(chunks)}
          </Text>
        )}
      </Group>
      <Spoken share={share} stage={words.stages[stage] ?? ""} />
      <Group mt="md" gap="sm">
        <Button variant="default" onClick={() => does("pause")} disabled={waits !== null}>
          {imports.verbs.pause}
        </Button>
        <Button variant="default" onClick={() => does("cancel")} disabled={waits !== null}>
          {imports.verbs.cancel}
        </Button>
        <Text size="sm" c="dimmed">
          {lost ? words.goesOnWhenBack : words.goesOnWithout}
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
