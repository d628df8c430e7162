// One campaign while it runs and after: how far, how fast, who failed and why, and what can be done.

import { Tabs } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useSearchParams } from "wouter";
import { get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { useCampaign, useLayer, useLive } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import type { Campaign } from "@/model/campaign";
import { number, time } from "@/model/words";
import { useVerb } from "@/outbox/useOutbox";
import { words } from "@/words/live";
import { Audit } from "./Audit";
import { ByChannel } from "./ByChannel";
import { Counters } from "./Counters";
import { DeviceLine } from "./DeviceLine";
import { Failed } from "./Failed";
import { Head } from "./Head";
import { Health } from "./Health";
import { Hero } from "./Hero";
import { Log } from "./Log";
import { Recipients } from "./Recipients";
import { Report } from "./Report";
import { Summary } from "./Summary";
import { Uncertain } from "./Uncertain";

export function LiveView({ id }: { id: string }) {
  const layer = useLayer();
  const known = useCampaign(id);
  const lost = useLive((live) => live.link.status === "lost");
  const first = useQuery({
    queryKey: ["campaign", id, "itself"],
    queryFn: async () => {
      const told = await get<Campaign>(path(`/campaigns/${id}`));
      layer.took(told);
      return told.id;
    },
    staleTime: 1_000,
  });
  if (known) return <Shown of={known} />;
  if (first.error instanceof Problem && first.error.status === 404)
    return (
      <Empty icon="search" alone title={words.noSuchCampaign}>
        {words.whereItMayBe}
      </Empty>
    );
  return (
    <div className="page">
      {first.error || lost ? (
        <Trouble error={first.error ?? new Error(words.noCopy)} again={() => void first.refetch()} />
      ) : (
        <Loading />
      )}
    </div>
  );
}

const SHOWS = ["failed", "uncertain", "sent", "open", "skipped", "report", "log"] as const;
type Show = (typeof SHOWS)[number];

function Shown({ of }: { of: Campaign }) {
  const [query, setQuery] = useSearchParams();
  const verb = useVerb();
  const lost = useLive((live) => live.link.status === "lost");
  const show = (SHOWS.find((each) => each === query.get("show")) ?? best(of)) as Show;
  const setShow = (value: string | null) => setQuery({ show: value ?? "failed" }, { replace: true });
  useHotkeys(
    localStorage.getItem("homing.keys") === "off"
      ? []
      : [["p", () => (of.state === "sending" ? verb("pause", of) : of.state === "paused" && verb("resume", of))]],
  );
  useLeaving(of);
  const { counts } = of;
  return (
    <div className="page">
      <Head of={of} />
      {lost && (
        <p className="dim small" data-testid="as-of">
          {words.asOf(time(of.as_of), String(of.next_seq ?? "-"))}
        </p>
      )}
      <DeviceLine of={of} />
      <Health of={of} />
      <Summary of={of} />
      <div className="card pad" style={{ marginBottom: 14 }}>
        <Hero of={of} />
        <Counters counts={counts} chosen={show} choose={setShow} />
        <ByChannel of={of} />
        <Audit counts={counts} id={of.id} />
      </div>
      <div className="card">
        <Tabs value={show} onChange={setShow} keepMounted={false}>
          <Tabs.List px="sm" style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }}>
            <Tabs.Tab value="failed">
              {words.shows.failed} {number(counts.failed)}
            </Tabs.Tab>
            <Tabs.Tab value="uncertain">
              {words.shows.uncertain} {number(counts.uncertain)}
            </Tabs.Tab>
            <Tabs.Tab value="sent">
              {words.shows.sent} {number(counts.sent)}
            </Tabs.Tab>
            <Tabs.Tab value="open">
              {words.shows.open} {number(counts.open)}
            </Tabs.Tab>
            {counts.skipped > 0 && (
              <Tabs.Tab value="skipped">
                {words.shows.skipped} {number(counts.skipped)}
              </Tabs.Tab>
            )}
            {of.started_at && <Tabs.Tab value="report">{words.shows.report}</Tabs.Tab>}
            <Tabs.Tab value="log">{words.shows.log}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="failed">
            <Failed of={of} />
          </Tabs.Panel>
          <Tabs.Panel value="uncertain">
            <Uncertain of={of} />
          </Tabs.Panel>
          <Tabs.Panel value="sent">
            <Recipients of={of} state="sent" />
          </Tabs.Panel>
          <Tabs.Panel value="open">
            <Recipients of={of} state="queued" />
          </Tabs.Panel>
          <Tabs.Panel value="skipped">
            <Recipients of={of} state="skipped" />
          </Tabs.Panel>
          <Tabs.Panel value="report">
            <Report of={of} />
          </Tabs.Panel>
          <Tabs.Panel value="log">
            <Log of={of} />
          </Tabs.Panel>
        </Tabs>
      </div>
    </div>
  );
}

const best = (of: Campaign): Show =>
  of.counts.uncertain > 0 && of.counts.failed === 0 ? "uncertain" : of.counts.failed > 0 ? "failed" : "sent";

/** Leaving the page of a campaign that this browser attends pauses it: the browser asks first. */
function useLeaving(of: Campaign): void {
  const attends = useLive((live) => live.attending.includes(of.id));
  const asks = attends && of.mode === "attended" && of.state === "sending";
  useEffect(() => {
    if (!asks) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [asks]);
}
