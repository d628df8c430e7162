// Which column is what, how the file is read, and what is done with its rows. The server reads the first rows anew with
// each change, so what is shown here is what it would take.

import { Alert, Button, Group, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { isAway, Problem } from "@/api/problem";
import { useLink } from "@/live/useLive";
import { Loading, Trouble } from "@/marks/Empty";
import { bytes, type Import, type Sample } from "@/model/imports";
import { number } from "@/model/words";
import { words as imports } from "@/words/imports";
import { words } from "@/words/wizard";
import { Columns } from "./Columns";
import { Manner } from "./Manner";
import { remember, remembered } from "./memory";
import { Reading } from "./Reading";
import { useImportAct, useImportVerb } from "./useImportVerb";

/** What is being chosen, under the names of the API. "" takes a list or a country away. */
export interface Choice {
  columns: Record<string, string>;
  encoding: string | null;
  delimiter: string | null;
  sheet: number | null;
  upsertBy: "auto" | "phone" | "email";
  mode: "upsert" | "createOnly" | "updateOnly";
  replaceAll: boolean;
  list: string;
  defaultCountry: string;
  onBadValue: "drop" | "reject";
}

export function Mapping({ of, done }: { of: Import; done: () => void }) {
  const lost = useLink().status === "lost";
  const [choice, setChoice] = useState<Choice>(() => choiceOf(of));
  const { does } = useImportVerb(of);
  const check = useImportAct(of, "mapping", done);
  const [asked] = useDebouncedValue(choice, 250);
  const look = useQuery({
    queryKey: ["import", of.importId, "preview", asked],
    queryFn: () => act<Sample>({ method: "POST", route: `/imports/${of.importId}/preview`, body: asked }),
    placeholderData: (old) => old,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const sample = look.data;
  const current = asked === choice && !look.isPlaceholderData && !look.isFetching;
  const known = useMemory(sample, choice, setChoice);
  const change = (next: Partial<Choice>) => {
    const rereads = "encoding" in next || "delimiter" in next || "sheet" in next;
    setChoice((old) => ({ ...old, ...(rereads ? { columns: {} } : {}), ...next }));
  };
  if (!sample && !look.error) return <Loading rows={6} />;
  if (!sample && isAway(look.error)) return <Trouble error={look.error} again={() => void look.refetch()} />;
  const bad = look.error instanceof Problem ? look.error.message : (sample?.problem?.detail ?? null);
  const begin = () => {
    if (sample) remember(sample.header, choice);
    check.mutate(choice);
  };
  return (
    <>
      <section className="card pad" style={{ marginBottom: 14 }}>
        <Title order={2} size="h4" mb="sm">
          {words.howRead}
        </Title>
        <Reading sample={sample} choice={choice} change={change} />
        {known && (
          <Text size="sm" c="dimmed" mt="sm" role="status">
            {words.knownHeadings}
          </Text>
        )}
      </section>
      {sample && (
        <section className="card pad" style={{ marginBottom: 14 }}>
          <Title order={2} size="h4" mb="sm">
            {words.whichColumn}
          </Title>
          <Columns sample={sample} choice={choice} change={change} />
        </section>
      )}
      <section className="card pad" style={{ marginBottom: 14 }}>
        <Title order={2} size="h4" mb="sm">
          {words.whatToDo}
        </Title>
        <Manner choice={choice} change={change} />
      </section>
      {bad && (
        <Alert color="orange" mb="md" title={words.notReady} role="status">
          {sentence(bad)}
        </Alert>
      )}
      {check.error && (
        <Alert color="red" mb="md" title={words.notChecked} role="alert">
          {sentence(check.error.message)}
        </Alert>
      )}
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed">
          {bytes(of.size)}
          {sample && `, ${words.columns(number(sample.header.length))}`}. {words.checkedFirst}
        </Text>
        <Group gap="sm">
          <Button variant="default" onClick={() => does("cancel")}>
            {imports.verbs.cancel}
          </Button>
          <Button
            onClick={begin}
            loading={check.isPending}
            disabled={lost || bad !== null || !current}
            data-testid="check"
          >
            {words.checkRows}
          </Button>
        </Group>
      </Group>
      {lost && (
        <Text size="sm" mt="sm" role="status" ta="end">
          {words.checkNeedsServer}
        </Text>
      )}
    </>
  );
}

/** Columns as they were chosen for the same headings before; taken over once. Whether that was so. */
function useMemory(sample: Sample | undefined, choice: Choice, set: (next: Choice) => void): boolean {
  const [looked, setLooked] = useState(false);
  const [known, setKnown] = useState(false);
  if (sample && !looked) {
    setLooked(true);
    const old = Object.keys(choice.columns).length === 0 ? remembered(sample.header) : null;
    if (old && Object.keys(old.columns).length > 0) {
      setKnown(true);
      set({ ...choice, columns: old.columns, defaultCountry: choice.defaultCountry || old.defaultCountry });
    }
  }
  return known;
}

function choiceOf(of: Import): Choice {
  const { options } = of;
  return {
    columns: { ...options.columns },
    encoding: options.encoding,
    delimiter: options.delimiter,
    sheet: options.sheet,
    upsertBy: options.upsertBy,
    mode: options.mode,
    replaceAll: options.replaceAll,
    list: options.list ?? "",
    defaultCountry: options.defaultCountry ?? "",
    onBadValue: options.onBadValue,
  };
}

const sentence = (said: string) => `${said.charAt(0).toUpperCase()}${said.slice(1)}${said.endsWith(".") ? "" : "."}`;
