// One import from its first byte to its report: whatever it waits for is what this page shows.

import { Group, Text, Title } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useLink } from "@/live/useLive";
import { Loading, Trouble } from "@/marks/Empty";
import { ENDED, type Import, moves } from "@/model/imports";
import { who } from "@/model/who";
import { time } from "@/model/words";
import { say } from "@/notices/toast";
import { useImport } from "@/reading/imports";
import { useMe } from "@/reading/people";
import { words } from "@/words/imports";
import { Check } from "./Check";
import { ImportBadge, nameOf } from "./ImportRow";
import { Mapping } from "./Mapping";
import { Moving } from "./Moving";
import { Report } from "./Report";
import { Resting } from "./Resting";
import { Steps, stepOf } from "./Steps";
import { Uploading } from "./Uploading";

export function ImportPage({ id }: { id: string }) {
  const me = useMe();
  const found = useImport(id);
  const lost = useLink().status === "lost";
  const [again, setAgain] = useState(false);
  const of = found.data;
  const state = of?.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a step forward ends the step back
  useEffect(() => setAgain(false), [state]);
  useToast(of);
  if (!of)
    return (
      <div className="page">
        <Title order={1} className="hidden-words">
          {words.import}
        </Title>
        {found.error ? <Trouble error={found.error} again={() => void found.refetch()} /> : <Loading rows={5} />}
      </div>
    );
  const back = again && of.state !== "mapping";
  return (
    <div className="page">
      <Text size="sm" mb={6}>
        <Link href="/imports">{words.imports}</Link>
      </Text>
      <Group gap="sm" mb="xs">
        <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
          {nameOf(of)}
        </Title>
        <ImportBadge of={of} />
      </Group>
      <Text size="sm" c="dimmed" mb="sm">
        {who(of.by, me.data)} · {time(of.createdAt)}
        {lost && ` · ${words.heardAt(time(found.dataUpdatedAt))}`}
      </Text>
      <Steps at={stepOf(of, back)} />
      {back ? (
        <Mapping of={of} done={() => setAgain(false)} />
      ) : (
        <Body of={of} at={found.dataUpdatedAt} back={() => setAgain(true)} />
      )}
    </div>
  );
}

/** `at`: when this browser heard of it. */
function Body({ of, at, back }: { of: Import; at: number; back: () => void }) {
  if (of.state === "uploading") return <Uploading of={of} />;
  if (of.state === "mapping") return <Mapping of={of} done={() => undefined} />;
  if (of.state === "checking" && of.stage === "checked") return <Check of={of} back={back} />;
  if (of.state === "paused") return <Resting of={of} back={back} />;
  if (ENDED.includes(of.state)) return <Report of={of} />;
  return <Moving of={of} at={at} />;
}

/** Says it at the edge of the page too when an import that was seen moving is done. */
function useToast(of: Import | undefined): void {
  const moved = useRef(false);
  const moving = of !== undefined && moves(of) && of.undo === null;
  const done = of?.state === "completed" && of.undo === null;
  const many = of ? of.report.created + of.report.updated : 0;
  useEffect(() => {
    if (moving) moved.current = true;
    if (!done || !moved.current) return;
    moved.current = false;
    if (many > 0) say(words.uploaded(many));
  }, [moving, done, many]);
}
