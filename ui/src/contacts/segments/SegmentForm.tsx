// A segment being written: the server says with each pause of typing what it means, how many it finds, and who some are.

import { Alert, Button, Group, Menu, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { act, get, path } from "@/api/client";
import { isAway, Problem } from "@/api/problem";
import type { FullSegment } from "@/api/schema";
import { useCampaigns, useLink } from "@/live/useLive";
import { Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { say } from "@/notices/toast";
import { type Contact, type Paged, type Segment, useLists } from "@/reading/rooms";
import { words } from "@/words/contacts";
import { joined, tests } from "./filters";

interface Answer {
  explained: string;
  count: number;
  sample: Contact[];
}

export function SegmentPage({ id }: { id: string | null }) {
  const found = useQuery({
    queryKey: ["segment", id],
    queryFn: () => get<FullSegment>(path(`/segments/${id}`)),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="page">
      <Text size="sm" mb={6}>
        <Link href="/contacts/segments">{words.segments}</Link>
      </Text>
      <Title order={1} size="h2" mb="md">
        {id === null ? words.newSegment : (found.data?.name ?? words.segment)}
      </Title>
      {id === null || found.data ? (
        <SegmentForm of={found.data ?? null} />
      ) : found.error ? (
        <Trouble error={found.error} again={() => void found.refetch()} />
      ) : (
        <Loading rows={3} />
      )}
    </div>
  );
}

function SegmentForm({ of }: { of: Segment | null }) {
  const [, go] = useLocation();
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const [name, setName] = useState(of?.name ?? "");
  const [filter, setFilter] = useState(of?.filter ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const [asked] = useDebouncedValue(filter.trim(), 300);
  const answer = useQuery({
    queryKey: ["segment", "count", asked],
    queryFn: () => act<Answer>({ method: "POST", route: "/segments/count", body: { filter: asked } }),
    enabled: asked !== "",
    retry: false,
    placeholderData: (old) => (asked === "" ? undefined : old),
  });
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), filter: filter.trim() };
      if (of) return act<Segment>({ method: "PATCH", route: `/segments/${of.id}`, body });
      return act<Segment>({ method: "POST", route: "/segments", body });
    },
    onSuccess: () => {
      say(of ? words.saved : words.segmentKept(name.trim()));
      for (const queryKey of [["segments"], ["segment"]]) void client.invalidateQueries({ queryKey });
      go("/contacts/segments");
    },
  });
  /** Puts a test where the cursor stands, joined to what is there. */
  const insert = (test: string) => {
    const at = field.current?.selectionStart ?? filter.length;
    setFilter(`${joined(filter.slice(0, at).trimEnd(), test)}${filter.slice(at)}`);
    field.current?.focus();
  };
  const wrong = asked && answer.error && !isAway(answer.error) ? answer.error.message : null;
  const mistyped = save.error instanceof Problem ? save.error : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className="split">
        <section className="card pad">
          <TextInput
            label={words.name}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={mistyped?.at("/name")}
            maxLength={200}
            maw={420}
            mb="md"
          />
          <Group justify="space-between" align="flex-end" mb={6}>
            <Text size="sm" fw={500} component="label" htmlFor="filter">
              {words.whoBelongs}
            </Text>
            <Tests insert={insert} />
          </Group>
          <Textarea
            id="filter"
            ref={field}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            placeholder={'city = "Bonn" and not on list "Staff"'}
            autosize
            minRows={4}
            maxRows={14}
            maxLength={4000}
            spellCheck={false}
            error={wrong ?? mistyped?.at("/filter")}
            styles={{ input: { fontFamily: "ui-monospace, monospace", fontSize: 14 } }}
            data-testid="filter"
          />
          <Text size="sm" c="dimmed" mt="xs">
            {words.howTestsRead}
          </Text>
          {mistyped && mistyped.errors.length === 0 && mistyped.message !== wrong && (
            <Alert color="red" mt="md" title={words.notSaved} role="alert">
              {mistyped.message}
            </Alert>
          )}
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => go("/contacts/segments")}>
              {words.close}
            </Button>
            <Button
              type="submit"
              loading={save.isPending}
              disabled={lost || !name.trim() || !filter.trim() || wrong !== null}
            >
              {words.save}
            </Button>
          </Group>
        </section>
        <aside className="card pad sticky" aria-label={words.whomItFinds} data-testid="answer">
          <Title order={2} size="h5" mb="xs">
            {words.whomItFindsNow}
          </Title>
          {lost ? (
            <Text size="sm">{words.serverCounts}</Text>
          ) : asked === "" ? (
            <Text size="sm" c="dimmed">
              {words.writeATest}
            </Text>
          ) : answer.data && !wrong ? (
            <Found of={answer.data} />
          ) : (
            <Text size="sm" c="dimmed">
              {wrong ? words.cannotBeRead : words.counting}
            </Text>
          )}
        </aside>
      </div>
    </form>
  );
}

function Found({ of }: { of: Answer }) {
  return (
    <>
      <Text fw={650} size="xl" className="num" role="status" data-testid="found">
        {words.people(of.count)}
      </Text>
      <Text size="sm" mb="sm" style={{ overflowWrap: "anywhere" }}>
        {of.explained}
      </Text>
      {of.sample.map((each) => (
        <Text key={each.id} size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {each.name || each.email || each.phone}
          {each.name && (each.email || each.phone) ? ` · ${each.email ?? each.phone}` : ""}
        </Text>
      ))}
      {of.count > of.sample.length && of.sample.length > 0 && (
        <Text size="sm" c="dimmed">
          {words.andOthers(of.count - of.sample.length)}
        </Text>
      )}
    </>
  );
}

/** Tests to begin with, made of what this workspace has: its fields, lists and campaigns. */
function Tests({ insert }: { insert: (test: string) => void }) {
  const lists = useLists();
  const campaigns = useCampaigns().filter((each) => each.state !== "draft");
  const some = useQuery({
    queryKey: ["contacts", "sample"],
    queryFn: () => get<Paged<Contact>>(path("/contacts", { limit: 50 })),
    staleTime: 60_000,
  });
  const fields = new Map<string, string>();
  for (const each of some.data?.items ?? [])
    for (const [name, value] of Object.entries(each.attributes)) if (!fields.has(name)) fields.set(name, String(value));
  const made = tests({ fields, list: lists.data?.[0]?.name, campaign: campaigns[0]?.name });
  const groups: [string, string[]][] = [
    [words.whatIsKnown, made.known],
    [words.whereTheyAre, made.where],
    [words.whatWasSent, made.sent],
  ];
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<Icon name="plus" size={15} />}>
          {words.addTest}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={380} style={{ overflowY: "auto" }}>
        {groups.map(([title, tests]) => (
          <div key={title}>
            <Menu.Label>{title}</Menu.Label>
            {tests.map((each) => (
              <Menu.Item key={each} onClick={() => insert(each)}>
                {each}
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
