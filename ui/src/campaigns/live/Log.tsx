// What happened to the campaign, newest first.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useTick } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import type { Campaign } from "@/model/campaign";
import { type Reader, who } from "@/model/who";
import { exact } from "@/model/words";
import { useMe } from "@/reading/people";

interface Entry {
  cursor: string;
  at: string;
  kind: string;
  body: Record<string, unknown>;
}

const KINDS: Record<string, string> = {
  "campaign.created": "Saved as a draft",
  "campaign.edited": "Changed",
  "campaign.changed": "Changed",
  "campaign.planned": "Everybody has a place in the ledger",
  "campaign.started": "Started",
  "campaign.scheduled": "Scheduled",
  "campaign.paused": "Paused",
  "campaign.resumed": "Resumed",
  "campaign.reopened": "Sends again",
  "campaign.completed": "Completed",
  "campaign.cancelled": "Cancelled",
  "campaign.approved": "Approved",
  "campaign.finished": "Waiting ended",
  "campaign.waiting": "Waits",
  "campaign.moving": "Moves again",
  "deliveries.retried": "Failed ones queued again",
  "deliveries.resolved": "Uncertain ones decided",
};

export function Log({ of }: { of: Campaign }) {
  const me = useMe();
  const tick = useTick(`campaign:${of.id}`);
  const found = useQuery({
    queryKey: ["campaign", of.id, "log", of.state === "sending" ? Math.floor(tick / 20) : tick, of.state, of.control],
    queryFn: () => get<{ items: Entry[] }>(path(`/campaigns/${of.id}/log`)),
    placeholderData: (old) => old,
  });
  if (found.error && !found.data) return <Trouble error={found.error} />;
  if (!found.data) return <Loading />;
  if (found.data.items.length === 0) return <Empty icon="clock" title="Nothing has happened yet" />;
  return (
    <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {found.data.items.map((each) => (
        <li key={each.cursor} className="row" style={{ gridTemplateColumns: "90px minmax(0,1fr)" }}>
          <span className="num dim small">{exact(each.at)}</span>
          <span className="small">
            <b>{KINDS[each.kind] ?? each.kind}</b> <span className="dim">{more(each.body, me.data)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function more(body: Record<string, unknown>, me: Reader | null | undefined): string {
  const words = [];
  if (typeof body.reason === "string") words.push(body.reason.replaceAll("_", " "));
  if (typeof body.detail === "string") words.push(body.detail);
  if (typeof body.requeued === "number") words.push(`${body.requeued} recipients`);
  if (typeof body.count === "number") words.push(`${body.count} recipients as ${String(body.as ?? "")}`);
  if (typeof body.by === "string" && body.by !== "engine") words.push(`by ${who(body.by, me)}`);
  return words.join(", ");
}
