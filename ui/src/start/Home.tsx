// The first screen: what runs, what needs somebody, how the machine is.

import { Button, Group, Text, Title, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, useLocation } from "wouter";
import { get, path } from "@/api/client";
import type { Contacts, Sender } from "@/api/schema";
import { CampaignRow } from "@/campaigns/list/CampaignRow";
import { NewCampaign } from "@/campaigns/list/NewCampaign";
import { useCampaigns, useLive, useTick } from "@/live/useLive";
import { Empty, Loading } from "@/marks/Empty";
import { Icon, type IconName } from "@/marks/icons";
import { type Campaign, isRunning, waitsForSomething } from "@/model/campaign";
import { type Import, moves } from "@/model/imports";
import { senderPath, troubled } from "@/model/sender";
import { causeOf, sentence, time } from "@/model/words";
import { useImports } from "@/reading/imports";
import { useMe } from "@/reading/people";
import { useSenders } from "@/reading/rooms";
import { words } from "@/words/home";

const Zone = lazy(() => import("./Zone").then((room) => ({ default: room.Zone })));

interface Status {
  workers: { id: string; host: string; pid: number; seen_seconds_ago: number; lanes: number }[];
  senders: { name: string; kind: string; health: string; detail: string | null }[];
}

export function Home() {
  const campaigns = useCampaigns();
  const fresh = useLive((live) => live.book.fresh);
  const lost = useLive((live) => live.link.status === "lost");
  const asOf = useLive((live) => live.book.asOf);
  const senderTick = useTick("sender");
  const status = useQuery({
    queryKey: ["status", senderTick],
    queryFn: () => get<Status>(path("/status")),
    refetchInterval: 5_000,
    placeholderData: (old) => old,
  });
  const running = campaigns.filter(isRunning);
  const next = campaigns
    .filter((each) => each.state === "scheduled")
    .sort((a, b) => String(a.start_at).localeCompare(String(b.start_at)))[0];
  const ill = (useSenders().data ?? []).filter((each) => each.health === "down" || each.health === "blocked");
  const needs = [...needing(campaigns, ill), ...waitingImports(useImports().data?.items ?? [])].slice(0, 8);
  const recent = campaigns.filter((each) => !isRunning(each) && each.state !== "scheduled").slice(0, 5);
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {words.home}
        </Title>
        {campaigns.length > 0 && <NewCampaign />}
      </Group>
      {lost && asOf !== null && <p className="dim small">{words.asOf(time(asOf))}</p>}
      {!fresh && !lost && campaigns.length === 0 && <Loading />}
      {fresh && campaigns.length === 0 && (
        <>
          <FirstSteps senders={status.data?.senders.length ?? 0} />
          <ZoneIfUnknown />
        </>
      )}
      {needs.length > 0 && (
        <Section title={words.needsYou}>
          <div className="card rows">
            {needs.map((each) => (
              <div className="row" key={each.key} style={{ gridTemplateColumns: "auto minmax(0,1fr) auto" }}>
                <Icon name={each.icon} />
                <span>{each.words}</span>
                <Link href={each.path}>{each.act}</Link>
              </div>
            ))}
          </div>
        </Section>
      )}
      {running.length > 0 && (
        <Section title={words.sendingNow}>
          <div className="card rows">
            {running.map((each) => (
              <CampaignRow key={each.id} of={each} />
            ))}
          </div>
        </Section>
      )}
      {next && (
        <Section title={words.next}>
          <div className="card rows">
            <CampaignRow of={next} />
          </div>
        </Section>
      )}
      {campaigns.length > 0 && needs.length === 0 && running.length === 0 && (
        <div className="card pad" style={{ marginBottom: 22 }}>
          <Group gap="sm" wrap="nowrap">
            <Icon name="done" />
            <Text>{words.allQuiet}</Text>
          </Group>
        </div>
      )}
      {recent.length > 0 && (
        <Section title={words.lately}>
          <div className="card rows">
            {recent.map((each) => (
              <CampaignRow key={each.id} of={each} />
            ))}
          </div>
        </Section>
      )}
      <System status={status.data} />
    </div>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section style={{ marginBottom: 22 }}>
      <Title order={2} size="h5" mb={8}>
        {title}
      </Title>
      {children}
    </section>
  );
}

interface Need {
  key: string;
  icon: IconName;
  words: string;
  act: string;
  path: string;
}

/** One row for one cause: campaigns that wait for a sender in trouble stand in its row, beside the one act that helps. */
function needing(campaigns: Campaign[], ill: Sender[]): Need[] {
  const needs: Need[] = [];
  const waiting = new Map<string, string[]>();
  for (const each of campaigns) {
    const at = `/campaigns/${each.id}`;
    const cause = troubled(each, ill);
    if (cause) waiting.set(cause.id, [...(waiting.get(cause.id) ?? []), each.name]);
    const why = each.state === "paused" && !cause ? words.paused[each.reason ?? ""] : undefined;
    if (why)
      needs.push({
        key: `${each.id}p`,
        icon: "pause",
        words: words.ofCampaign(each.name, why),
        act: words.look,
        path: at,
      });
    if (each.stuck && !cause)
      needs.push({ key: `${each.id}s`, icon: "wait", words: still(each), act: words.seeWhy, path: at });
    if (each.counts.uncertain > 0 && each.state !== "sending")
      needs.push({
        key: `${each.id}u`,
        icon: "hand",
        words: words.uncertain(each.counts.uncertain, each.name),
        act: words.decide,
        path: `${at}?show=uncertain`,
      });
  }
  for (const each of ill) {
    const them = waiting.get(each.id) ?? [];
    const said = [words.senderIs(each.name, words.health[each.health] ?? each.health)];
    if (each.detail) said.push(sentence(each.detail));
    if (them.length > 0) said.push(words.waitForIt(them));
    needs.push({ key: each.id, icon: "senders", words: said.join(" "), act: words.mend, path: senderPath(each.name) });
  }
  return needs;
}

const still = (of: Campaign): string =>
  waitsForSomething(of) && of.detail ? words.waits(of.name, sentence(causeOf(of.detail))) : words.standsStill(of.name);

/** Imports that stand still until somebody looks at them. */
function waitingImports(imports: Import[]): Need[] {
  const still = imports.filter(
    (each) => ["uploading", "mapping", "checking", "paused"].includes(each.state) && !moves(each),
  );
  return still.map((each) => ({
    key: each.importId,
    icon: "imports",
    words: words.ofImport(each.fileName, words.imports[each.state] ?? ""),
    act: words.goOn,
    path: `/imports/${each.importId}`,
  }));
}

function System({ status }: { status: Status | undefined }) {
  const link = useLive((live) => live.link);
  if (!status) return null;
  const down = status.senders.filter((each) => each.health !== "up").length;
  const none = status.workers.length === 0;
  return (
    <Text size="sm" c={none ? "red" : "dimmed"} className="num">
      {none ? words.noWorker : words.atWork(status.workers.length)}
      {" · "}
      {words.senders(status.senders.length, down)}
      {link.status === "lost" ? ` · ${words.lastHeard}` : ""}
    </Text>
  );
}

function ZoneIfUnknown() {
  const me = useMe().data;
  if (!me?.workspace || me.zone || !me.scopes?.includes("admin")) return null;
  return (
    <Suspense>
      <Zone workspace={me.workspace} />
    </Suspense>
  );
}

const INBOX = "homing inbox"; // a command, in no language

/** The step that is next stands out, those that are done say so. */
function FirstSteps({ senders }: { senders: number }) {
  const [, go] = useLocation();
  const people = useQuery({
    queryKey: ["anybody", useTick("imports")],
    queryFn: async () => (await get<Contacts>(`${path("/contacts")}?limit=1`)).items.length > 0,
  });
  const done = [senders > 0, people.data === true, false];
  const next = done.indexOf(false);
  const steps: [string, string][] = [
    [words.addSender, "/senders"],
    [words.importContacts, "/imports/new"],
    [words.writeAndSend, "/campaigns/new"],
  ];
  return (
    <Empty
      icon="campaigns"
      title={words.threeSteps}
      act={
        <div className="first-steps">
          {steps.map(([step, to], place) => (
            <Button
              key={to}
              variant={place === next ? "filled" : "default"}
              leftSection={done[place] ? <Icon name="done" size={16} /> : undefined}
              onClick={() => go(to)}
            >
              {place + 1}. {step}
              {done[place] && <VisuallyHidden>, {words.done}</VisuallyHidden>}
            </Button>
          ))}
        </div>
      }
    >
      {done[0] ? (
        words.nothingLeaves
      ) : (
        <>
          {words.whatASenderIs} <code>{INBOX}</code> {words.catchesAll}
        </>
      )}
    </Empty>
  );
}
