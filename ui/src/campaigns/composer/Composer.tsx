// One page from nothing to Send: who, what, from where, when and how, checks; what it amounts to beside it.

import { Alert, Button, Group, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { act } from "@/api/client";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { useSenders } from "@/reading/rooms";
import { words } from "@/words/composer";
import { Audience } from "./Audience";
import { Channels } from "./Channels";
import { Checks } from "./Checks";
import { How } from "./How";
import { Message } from "./Message";
import { SenderChoice } from "./SenderChoice";
import { Summary } from "./Summary";
import { type Saving, useDraft } from "./useDraft";
import { chosenOf, isBoth, type Tally, theOnly } from "./ways";

export function Composer({ id }: { id: string | null }) {
  const [query] = useSearchParams();
  const writing = useDraft(id, firstWishes(query));
  const { wishes, set } = writing;
  const [, setRead] = useState(0); // the risk was read or taken back: the checks look again
  const senders = useSenders();
  const open = !writing.loading && !writing.theirs && (writing.draft?.state ?? "draft") === "draft";
  const only = open && senders.data ? theOnly(wishes, senders.data)?.join() : undefined;
  const { presume } = writing;
  useEffect(() => {
    if (only) presume({ senders: only.split(",") });
  }, [only, presume]);
  const chosen = Object.keys(wishes.audience).length > 0;
  const asked = { ...wishes.audience, channel: wishes.channel, ...(isBoth(wishes) ? { prefer: wishes.prefer } : {}) };
  const tally = useQuery({
    queryKey: ["audience", asked],
    queryFn: () => act<Tally>({ method: "POST", route: "/audience/count", body: asked }),
    enabled: chosen,
    placeholderData: (old) => old,
  });
  if (writing.loading)
    return (
      <Page>
        <Loading rows={5} />
      </Page>
    );
  if (writing.missing)
    return (
      <Page>
        <Trouble error={writing.missing} />
      </Page>
    );
  const state = writing.draft?.state ?? "draft";
  if (state !== "draft" && state !== "scheduled")
    return (
      <Empty
        icon="campaigns"
        alone
        title={words.hasStarted}
        act={<Link href={`/campaigns/${writing.id}`}>{words.toItsPage}</Link>}
      >
        {words.notAnew}
      </Empty>
    );
  const sending = chosenOf(wishes, senders.data ?? []);
  const people = chosen ? (tally.data ?? null) : null;
  return (
    <Page>
      <Group justify="space-between" mb="md" gap="sm">
        <Title order={1} size="h2">
          {id === null && !writing.id ? words.newCampaign : words.editCampaign}
        </Title>
        <Saved saving={writing.saving} />
      </Group>
      {writing.theirs && (
        <Alert color="orange" mb="md" title={words.changedElsewhere} role="alert">
          <Text size="sm">{words.savedElsewhere}</Text>
          <Group mt="sm">
            <Button size="xs" onClick={() => writing.keep("yours")}>
              {words.keepYours}
            </Button>
            <Button size="xs" variant="default" onClick={() => writing.keep("theirs")}>
              {words.takeTheirs}
            </Button>
          </Group>
        </Alert>
      )}
      {writing.problem && (
        <Alert color="red" mb="md" title={words.notSaved} role="alert">
          {writing.problem.message}
        </Alert>
      )}
      <div className="split">
        <div>
          <Section number={1} title={words.audience}>
            <TextInput
              label={words.nameOfCampaign}
              description={words.onlyYouSeeIt}
              value={wishes.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
              mb="sm"
              maxLength={200}
            />
            <Audience wishes={wishes} set={set} tally={people} error={tally.error} />
          </Section>
          <Section number={2} title={words.message}>
            <Channels wishes={wishes} set={set} senders={senders.data ?? []} tally={people} />
            <Message wishes={wishes} set={set} writing={writing} tally={people} />
          </Section>
          <Section number={3} title={words.senderAndPacing}>
            <SenderChoice
              wishes={wishes}
              set={set}
              senders={senders.data ?? null}
              chosen={sending}
              tally={people}
              riskTaken={() => setRead((old) => old + 1)}
            />
          </Section>
          <Section number={4} title={words.whenAndHow}>
            <How wishes={wishes} set={set} tally={people} chosen={sending} />
          </Section>
          <Section number={5} title={words.checks}>
            <Checks writing={writing} chosen={sending} tally={people} />
          </Section>
        </div>
        <Summary writing={writing} chosen={sending} tally={people} />
      </div>
    </Page>
  );
}

function firstWishes(query: URLSearchParams) {
  const list = query.get("list");
  const contacts = query.get("contacts");
  const segment = query.get("segment");
  if (segment) return { audience: { segment } };
  if (list) return { audience: { lists: [list] } };
  if (contacts) return { audience: { contacts: contacts.split(",") } };
  return {};
}

function Page({ children }: { children: React.ReactNode }) {
  return <div className="page">{children}</div>;
}

function Section({ number, title, children }: { number: number; title: string; children: React.ReactNode }) {
  return (
    <section className="card pad" style={{ marginBottom: 14 }}>
      <Title order={2} size="h4" mb="sm">
        <span className="dim">{number}</span> {title}
      </Title>
      {children}
    </section>
  );
}

function Saved({ saving }: { saving: Saving }) {
  return (
    <Text size="sm" c="dimmed" role="status" data-testid="saved">
      {saving === "saved" && <Icon name="done" size={14} style={{ verticalAlign: -2 }} />} {words.saving[saving]}
    </Text>
  );
}
