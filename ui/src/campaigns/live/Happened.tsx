// What happened to one recipient, in the order of time: each attempt, what was told later, and who decided what.

import { Drawer, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { Loading, Trouble } from "@/marks/Empty";
import { reasonWords } from "@/model/reason";
import { day, exact } from "@/model/words";
import { words } from "@/words/live";

interface Told {
  seq: number;
  email: string | null;
  phone: string | null;
  state: string;
  reason: string | null;
  at: string | null;
  message_id: string | null;
  tries: {
    attempt: number;
    state: string;
    sender: string | null;
    intended_at: string | null;
    ended_at: string | null;
    reason: string | null;
    code: string | null;
    words: string | null;
  }[];
  receipts: { at: string; kind: string; attempt: number | null; provider: string }[];
  decisions: { at: string; as: string | null; by: string | null }[];
}

export interface Step {
  at: string | null;
  title: string;
  words: string;
}

/** Everything that is known, oldest first. */
export function steps(of: Pick<Told, "tries" | "receipts" | "decisions">): Step[] {
  const tries = of.tries.map((each) => ({
    at: each.ended_at ?? each.intended_at,
    title: words.attempt(each.attempt, words.ends[each.state] ?? each.state.replaceAll("_", " ")),
    words: [
      each.sender && words.by(each.sender),
      each.reason && reasonWords(each.reason),
      [each.code, each.words].filter(Boolean).join(" "),
    ]
      .filter(Boolean)
      .join("; "),
  }));
  const receipts = of.receipts.map((each) => ({
    at: each.at,
    title: words.toldLater(each.kind.replaceAll("_", " ")),
    words: words.by(each.provider),
  }));
  const decisions = of.decisions.map((each) => ({
    at: each.at,
    title: words.decided((each.as ?? "").replaceAll("-", " ")),
    words: each.by ? words.by(each.by.split(":", 1)[0] ?? "") : "",
  }));
  return [...tries, ...receipts, ...decisions].sort((one, other) => (one.at ?? "").localeCompare(other.at ?? ""));
}

export function Happened({ campaign, seq, close }: { campaign: string; seq: number; close: () => void }) {
  const found = useQuery({
    queryKey: ["campaign", campaign, "delivery", seq],
    queryFn: () => get<Told>(path(`/campaigns/${campaign}/deliveries/${seq}`)),
  });
  const of = found.data;
  return (
    <Drawer opened onClose={close} position="right" size={420} title={of?.email ?? of?.phone ?? words.numbered(seq)}>
      {found.isPending && !found.error && <Loading rows={3} />}
      {found.error && !of && <Trouble error={found.error} again={() => void found.refetch()} />}
      {of && (
        <div data-testid="happened">
          <Text size="sm" mb="sm">
            {words.numbered(of.seq)}, <b>{of.state}</b>
            {of.reason && `: ${reasonWords(of.reason)}`}
          </Text>
          {steps(of).length === 0 && (
            <Text size="sm" c="dimmed">
              {words.nothingTried}
            </Text>
          )}
          <ol className="past">
            {steps(of).map((each) => (
              <li key={`${each.at} ${each.title}`}>
                <Text fw={600} size="sm">
                  {each.title}
                </Text>
                {each.words && (
                  <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                    {each.words}
                  </Text>
                )}
                <Text size="xs" c="dimmed" className="num">
                  {day(each.at)}, {exact(each.at)}
                </Text>
              </li>
            ))}
          </ol>
          {of.message_id && (
            <Text size="xs" c="dimmed" mt="md" style={{ overflowWrap: "anywhere" }}>
              {words.messageId(of.message_id)}
            </Text>
          )}
        </div>
      )}
    </Drawer>
  );
}
