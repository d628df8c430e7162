// What happened to the campaign, newest first.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useTick } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import type { Campaign } from "@/model/campaign";
import { type Reader, who } from "@/model/who";
import { exact } from "@/model/words";
import { useMe } from "@/reading/people";
import { words } from "@/words/live";

interface Entry {
  cursor: string;
  at: string;
  kind: string;
  body: Record<string, unknown>;
}

export function Log({ of }: { of: Campaign }) {
  const me = useMe();
  const tick = useTick(`campaign:${of.id}`);
  const found = useQuery({
    queryKey: ["campaign", of.id, "log", of.state === "sending" ? Math.floor(tick / 20) : tick, of.state, of.control],
    queryFn: () => get<{ items: Entry[] }>(path(`/campaigns/${of.id}/log`)),
    placeholderData: (old) => old,
  });
  if (found.error && !found.data) return <Trouble error={found.error} again={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  if (found.data.items.length === 0) return <Empty icon="clock" title={words.nothingHappened} />;
  return (
    <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {found.data.items.map((each) => (
        <li key={each.cursor} className="row" style={{ gridTemplateColumns: "90px minmax(0,1fr)" }}>
          <span className="num dim small">{exact(each.at)}</span>
          <span className="small">
            <b>{words.events[each.kind] ?? each.kind}</b> <span className="dim">{more(each.body, me.data)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function more(body: Record<string, unknown>, me: Reader | null | undefined): string {
  const parts = [];
  if (typeof body.reason === "string") parts.push(body.reason.replaceAll("_", " "));
  if (typeof body.detail === "string") parts.push(body.detail);
  if (typeof body.requeued === "number") parts.push(words.ofRecipients(body.requeued));
  if (typeof body.count === "number") parts.push(words.ofRecipientsAs(body.count, String(body.as ?? "")));
  if (typeof body.by === "string" && body.by !== "engine") parts.push(words.by(who(body.by, me)));
  return parts.join(", ");
}
