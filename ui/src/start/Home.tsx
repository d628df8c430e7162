// The first screen: what runs, what needs somebody, how the machine is.

import { Button, Group, Text, Title, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
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
import { causeOf, count, number, sentence, time } from "@/model/words";
import { useImports } from "@/reading/imports";
import { useSenders } from "@/reading/rooms";

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
          Home
        </Title>
        {campaigns.length > 0 && <NewCampaign />}
      </Group>
      {lost && asOf !== null && <p className="dim small">As of {time(asOf)}.</p>}
      {!fresh && !lost && campaigns.length === 0 && <Loading />}
      {fresh && campaigns.length === 0 && <FirstSteps senders={status.data?.senders.length ?? 0} />}
      {needs.length > 0 && (
        <Section title="Needs you">
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
        <Section title="Sending now">
          <div className="card rows">
            {running.map((each) => (
              <CampaignRow key={each.id} of={each} />
            ))}
          </div>
        </Section>
      )}
      {next && (
        <Section title="Next">
          <div className="card rows">
            <CampaignRow of={next} />
          </div>
        </Section>
      )}
      {campaigns.length > 0 && needs.length === 0 && running.length === 0 && (
        <div className="card pad" style={{ marginBottom: 22 }}>
          <Group gap="sm" wrap="nowrap">
            <Icon name="done" />
            <Text>All quiet. Nothing runs, and nothing needs you.</Text>
          </Group>
        </div>
      )}
      {recent.length > 0 && (
        <Section title="Lately">
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

const WHY: Record<string, string> = {
  no_connection: "waits for you: the provider could not be reached for too long",
  sender_down: "waits for you: its sender is down",
  too_many_failures: "was stopped: too many failed",
  sender_limit: "waits: the sender's limit is reached",
  canary: "has sent its first few and waits for your approval",
  restored: "is a restored copy and waits for you",
  missed_start: "has missed its time and waits for you",
  watcher_gone: "is auto-paused: nobody watches it",
};

/** One row for one cause: campaigns that wait for a sender in trouble stand in its row, beside the one act that helps. */
function needing(campaigns: Campaign[], ill: Sender[]): Need[] {
  const needs: Need[] = [];
  const waiting = new Map<string, string[]>();
  for (const each of campaigns) {
    const at = `/campaigns/${each.id}`;
    const cause = troubled(each, ill);
    if (cause) waiting.set(cause.id, [...(waiting.get(cause.id) ?? []), `"${each.name}"`]);
    const why = each.state === "paused" && !cause ? WHY[each.reason ?? ""] : undefined;
    if (why) needs.push({ key: `${each.id}p`, icon: "pause", words: `"${each.name}" ${why}.`, act: "Look", path: at });
    if (each.stuck && !cause)
      needs.push({ key: `${each.id}s`, icon: "wait", words: still(each), act: "See why", path: at });
    if (each.counts.uncertain > 0 && each.state !== "sending")
      needs.push({
        key: `${each.id}u`,
        icon: "hand",
        words: `${count(each.counts.uncertain, "recipient")} of "${each.name}" ${each.counts.uncertain === 1 ? "is" : "are"} uncertain.`,
        act: "Decide",
        path: `${at}?show=uncertain`,
      });
  }
  for (const each of ill) {
    const them = waiting.get(each.id) ?? [];
    const words = [`The sender "${each.name}" is ${each.health}.`];
    if (each.detail) words.push(sentence(each.detail));
    if (them.length > 0) words.push(`${them.join(", ")} ${them.length === 1 ? "waits" : "wait"} for it.`);
    needs.push({ key: each.id, icon: "senders", words: words.join(" "), act: "Mend", path: senderPath(each.name) });
  }
  return needs;
}

const still = (of: Campaign): string =>
  waitsForSomething(of) && of.detail
    ? `"${of.name}" waits. ${sentence(causeOf(of.detail))}`
    : `"${of.name}" stands still.`;

/** Imports that stand still until somebody looks at them. */
function waitingImports(imports: Import[]): Need[] {
  const still = imports.filter(
    (each) => ["uploading", "mapping", "checking", "paused"].includes(each.state) && !moves(each),
  );
  return still.map((each) => ({
    key: each.importId,
    icon: "imports",
    words: `The import of ${each.fileName || "an upload"} ${WAITS[each.state] ?? "waits for you"}.`,
    act: "Go on",
    path: `/imports/${each.importId}`,
  }));
}

const WAITS: Record<string, string> = {
  uploading: "has not all of its file yet",
  mapping: "waits for you: which column is what",
  checking: "is checked and waits for your start",
};

function System({ status }: { status: Status | undefined }) {
  const link = useLive((live) => live.link);
  if (!status) return null;
  const down = status.senders.filter((each) => each.health !== "up").length;
  const none = status.workers.length === 0;
  return (
    <Text size="sm" c={none ? "red" : "dimmed"} className="num">
      {none
        ? "No worker runs: nothing is sent until one does (homing worker)."
        : `${count(status.workers.length, "worker")} at work`}
      {" · "}
      {count(status.senders.length, "sender")}
      {down > 0 && `, ${number(down)} not up`}
      {link.status === "lost" ? " · as last heard" : ""}
    </Text>
  );
}

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
    ["Add a sender", "/senders"],
    ["Import contacts", "/imports/new"],
    ["Write and send", "/campaigns/new"],
  ];
  return (
    <Empty
      icon="campaigns"
      title="Three steps to your first campaign"
      act={
        <div className="first-steps">
          {steps.map(([words, to], place) => (
            <Button
              key={to}
              variant={place === next ? "filled" : "default"}
              leftSection={done[place] ? <Icon name="done" size={16} /> : undefined}
              onClick={() => go(to)}
            >
              {place + 1}. {words}
              {done[place] && <VisuallyHidden>, done</VisuallyHidden>}
            </Button>
          ))}
        </div>
      }
    >
      {done[0] ? (
        "Nothing leaves before you press Send and have seen who gets it."
      ) : (
        <>
          A sender is the mail account that messages leave through. Without one at hand, run <code>homing inbox</code>{" "}
          in a terminal: it catches all of it.
        </>
      )}
    </Empty>
  );
}
