// One template: name, message, preview beside it, versions.

import { Alert, Button, Group, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { act, get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { useLink } from "@/live/useLive";
import { Loading, Trouble } from "@/marks/Empty";
import { say } from "@/notices/toast";
import { type FullTemplate, type Source, sourceOf, type Template, told } from "@/reading/templates";
import { words } from "@/words/templates";
import { beginWith } from "./begin";
import { Editor } from "./Editor";
import { Preview } from "./Preview";
import { SAMPLE } from "./sample";
import { Versions } from "./Versions";

const LOCAL = "homing.template.";

export function TemplatePage({ id }: { id: string | null }) {
  const [query] = useSearchParams();
  const found = useQuery({
    queryKey: ["template", id],
    queryFn: () => get<FullTemplate>(path(`/templates/${id}`)),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const sample = id === null && query.get("sample") !== null;
  return (
    <div className="page">
      <Text size="sm" mb={6}>
        <Link href="/templates">{words.templates}</Link>
      </Text>
      <Title order={1} size="h2" mb="md" style={{ overflowWrap: "anywhere" }}>
        {id === null ? words.newTemplate : (found.data?.name ?? words.template)}
      </Title>
      {id === null || found.data ? (
        <TemplateForm key={found.data?.version ?? 0} of={found.data ?? null} first={sample ? SAMPLE : null} />
      ) : found.error ? (
        <Trouble error={found.error} again={() => void found.refetch()} />
      ) : (
        <Loading rows={5} />
      )}
    </div>
  );
}

interface Written extends Source {
  name: string;
}

/** What was typed and not saved, of an earlier visit; null when there is nothing. */
function left(key: string): Written | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Written | null;
  } catch {
    return null;
  }
}

function TemplateForm({ of, first }: { of: FullTemplate | null; first: Written | null }) {
  const [, go] = useLocation();
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const key = `${LOCAL}${of?.id ?? "new"}`;
  const saved: Written = of ? { name: of.name, ...sourceOf(of) } : (first ?? { name: "", ...sourceOf({}) });
  const [channel, setChannel] = useState<"email" | "whatsapp">(of?.channel ?? "email");
  const [written, setWritten] = useState<Written>(() => ({ ...saved, ...left(key) }));
  const changed = JSON.stringify(written) !== JSON.stringify(saved);
  useEffect(() => {
    if (changed) localStorage.setItem(key, JSON.stringify(written));
    else localStorage.removeItem(key);
  }, [key, written, changed]);
  const save = useMutation({
    mutationFn: (anyway: boolean) => {
      const { name, ...parts } = written;
      const body = { ...(channel === "email" ? told(parts) : { text: parts.text }), name: name.trim() };
      if (!of) return act<Template>({ method: "POST", route: "/templates", body: { ...body, channel } });
      const match = anyway ? {} : { match: `"${of.version}"` };
      return act<Template>({ method: "PATCH", route: `/templates/${of.id}`, body, ...match });
    },
    onSuccess: (told) => {
      localStorage.removeItem(key);
      say(of ? words.savedAs(told.version) : words.isKept(told.name));
      void client.invalidateQueries({ queryKey: ["templates"] });
      void client.invalidateQueries({ queryKey: ["template"] });
      if (!of) go(`/templates/${told.id}`, { replace: true });
    },
  });
  const problem = save.error instanceof Problem ? save.error : null;
  const set = (next: Partial<Written>) => {
    if (problem && problem.status !== 412) save.reset(); // what was wrong was of the old words
    setWritten((old) => ({ ...old, ...next }));
  };
  return (
    <>
      {problem?.status === 412 && (
        <Alert color="orange" mb="md" title={words.changedElsewhere} role="alert">
          <Text size="sm">{words.theirsStays}</Text>
          <Group mt="sm">
            <Button size="xs" onClick={() => save.mutate(true)}>
              {words.saveOver}
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                localStorage.removeItem(key);
                void client.invalidateQueries({ queryKey: ["template"] });
              }}
            >
              {words.takeTheirs}
            </Button>
          </Group>
        </Alert>
      )}
      <div className="halves">
        <section className="card pad">
          <TextInput
            label={words.name}
            description={words.onlyYouSeeIt}
            required
            value={written.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={problem?.at("/name")}
            maxLength={200}
            mb="sm"
          />
          <Editor
            channel={channel}
            choose={of ? null : setChannel}
            written={written}
            set={set}
            source={written}
            isNew={of === null}
            fault={(pointer) => problem?.at(pointer)}
            faults={problem?.errors}
          />
          {problem && problem.status !== 412 && problem.errors.length === 0 && (
            <Alert color="red" mt="md" title={words.notSaved} role="alert">
              {problem.message}
            </Alert>
          )}
          <Group justify="space-between" mt="md" gap="sm">
            <Text size="sm" c="dimmed" role="status">
              {lost ? words.keptHere : changed ? words.notSavedYet : of ? words.saved : ""}
            </Text>
            <Group gap="sm">
              {of && !changed && (
                <Button variant="default" disabled={lost} onClick={() => void beginWith(of, go)}>
                  {words.useInCampaign}
                </Button>
              )}
              <Button
                onClick={() => save.mutate(false)}
                loading={save.isPending}
                disabled={lost || !written.name.trim() || (of !== null && !changed)}
              >
                {words.save}
              </Button>
            </Group>
          </Group>
        </section>
        <div className="sticky">
          <Preview channel={channel} parts={written} />
          {of && <Versions of={of} take={(parts) => set(parts)} />}
        </div>
      </div>
    </>
  );
}
