// Campaigns that come again: the draft, when, what the last times made.

import { Alert, Button, Group, Modal, Select, Switch, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { act, get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { useLink, useTick } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { ZoneField } from "@/marks/ZoneField";
import { day } from "@/model/words";
import { useZone } from "@/reading/people";
import type { Paged } from "@/reading/rooms";
import { words } from "@/words/campaigns";

interface Recurrence {
  id: string;
  name: string;
  campaign: string;
  cron: string;
  zone: string;
  on: boolean;
  next_at: string | null;
  runs: { due_at: string; campaign: string | null; detail: string | null }[];
}

const often = () => [
  { value: "0 9 * * *", label: words.everyDay },
  { value: "0 9 * * 1", label: words.everyMonday },
  { value: "0 9 1 * *", label: words.everyMonth },
  { value: "own", label: words.ownExpression },
];

export function Recurring() {
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const tick = useTick("recurrence");
  const [making, setMaking] = useState(false);
  const found = useQuery({
    queryKey: ["recurrences", tick],
    queryFn: async () => (await get<Paged<Recurrence>>(path("/recurrences"))).items,
    placeholderData: (old) => old,
  });
  const changed = () => void client.invalidateQueries({ queryKey: ["recurrences"] });
  const change = useMutation({
    mutationFn: ({ id, on }: { id: string; on: boolean }) =>
      act({ method: "PATCH", route: `/recurrences/${id}`, body: { on } }),
    onSettled: changed,
  });
  const remove = useMutation({
    mutationFn: (id: string) => act({ method: "DELETE", route: `/recurrences/${id}` }),
    onSettled: changed,
  });
  const error = change.error ?? remove.error;
  const items = found.data ?? [];
  return (
    <div className="page">
      <Group justify="space-between" mb="md" gap="sm">
        <Title order={1} size="h2">
          {words.recurringCampaigns}
        </Title>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setMaking(true)} disabled={lost}>
          {words.letDraftComeAgain}
        </Button>
      </Group>
      {error && (
        <Alert color="red" mb="md" role="alert">
          {error.message}
        </Alert>
      )}
      {found.isPending && !found.error && <Loading rows={3} />}
      {found.error && items.length === 0 && <Trouble error={found.error} again={() => void found.refetch()} />}
      {found.data && items.length === 0 && (
        <Empty icon="clock" title={words.nothingComesAgain}>
          {words.draftAndTime}
        </Empty>
      )}
      {items.length > 0 && (
        <div className="card rows">
          {items.map((each) => (
            <div
              key={each.id}
              className="row"
              style={{ gridTemplateColumns: "minmax(0,1fr) auto" }}
              data-testid="recurrence"
            >
              <div>
                <Link href={`/campaigns/${each.campaign}/edit`} className="name">
                  {each.name}
                </Link>
                <Text size="sm">
                  <code>{each.cron}</code> {each.zone}, {each.next_at ? words.nextAt(day(each.next_at)) : words.off}
                </Text>
                {each.runs.slice(0, 3).map((run) => (
                  <Text key={run.due_at} size="sm" c="dimmed">
                    {day(run.due_at)}:{" "}
                    {run.campaign ? <Link href={`/campaigns/${run.campaign}`}>{words.theCampaign}</Link> : run.detail}
                  </Text>
                ))}
              </div>
              <Group gap="sm">
                <Switch
                  aria-label={words.comesAgain(each.name)}
                  checked={each.on}
                  disabled={lost}
                  onChange={(event) => change.mutate({ id: each.id, on: event.currentTarget.checked })}
                />
                <Button size="xs" variant="default" disabled={lost} onClick={() => remove.mutate(each.id)}>
                  {words.endIt}
                </Button>
              </Group>
            </div>
          ))}
        </div>
      )}
      {making && (
        <Making
          close={() => {
            setMaking(false);
            changed();
          }}
        />
      )}
    </div>
  );
}

interface Draft {
  id: string;
  name: string;
  state: string;
}

function Making({ close }: { close: () => void }) {
  const drafts = useQuery({
    queryKey: ["campaigns", "drafts"],
    queryFn: async () =>
      (await get<Paged<Draft>>(path("/campaigns", { limit: 200 }))).items.filter((each) => each.state === "draft"),
  });
  const [campaign, setCampaign] = useState<string | null>(null);
  const [chosenOften, setOften] = useState<string>("0 9 * * 1");
  const [own, setOwn] = useState("");
  const usual = useZone();
  const [chosen, setZone] = useState<string | null>(null);
  const zone = chosen ?? usual;
  const make = useMutation({
    mutationFn: (campaign: string) =>
      act({
        method: "POST",
        route: "/recurrences",
        body: { campaign, cron: chosenOften === "own" ? own : chosenOften, zone },
      }),
    onSuccess: close,
  });
  const wrong = (pointer: string) => (make.error instanceof Problem ? make.error.at(pointer) : undefined);
  return (
    <Modal opened onClose={close} title={words.letDraftComeAgain} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (campaign) make.mutate(campaign);
        }}
      >
        <Select
          label={words.draft}
          description={words.eachRunIsCopy}
          placeholder={drafts.data?.length === 0 ? words.noDraft : words.chooseOne}
          data={(drafts.data ?? []).map((each) => ({ value: each.id, label: each.name }))}
          value={campaign}
          onChange={setCampaign}
        />
        <Select
          label={words.when}
          data={often()}
          value={chosenOften}
          onChange={(value) => setOften(value ?? "own")}
          mt="sm"
        />
        {chosenOften === "own" && (
          <TextInput
            label={words.cronExpression}
            description={words.cronFields}
            placeholder="30 8 * * 1-5"
            value={own}
            onChange={(event) => setOwn(event.currentTarget.value)}
            error={wrong("/cron")}
            mt="sm"
          />
        )}
        <div style={{ marginTop: 12 }}>
          <ZoneField label={words.timeZone} zone={zone} choose={setZone} error={wrong("/zone")} />
        </div>
        {make.error && (
          <Text size="sm" c="red" role="alert" mt="sm">
            {make.error.message}
          </Text>
        )}
        <Group justify="flex-end" mt="md">
          <Button type="submit" loading={make.isPending} disabled={!campaign || (chosenOften === "own" && !own.trim())}>
            {words.letItComeAgain}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
