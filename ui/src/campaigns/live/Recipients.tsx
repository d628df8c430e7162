// Recipients of one state, a page at a time, in the order of sending.

import { Anchor, Button, Text } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { get, path } from "@/api/client";
import { useLayer, useNow } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import type { Campaign } from "@/model/campaign";
import { reasonWords } from "@/model/reason";
import { exact } from "@/model/words";
import { words } from "@/words/live";

const Happened = lazy(() => import("./Happened").then((room) => ({ default: room.Happened })));

export interface Delivery {
  seq: number;
  email: string | null;
  phone: string | null;
  state: string;
  attempts: number;
  reason: string | null;
  code: string | null;
  words: string | null;
  at: string | null;
}

interface Page {
  items: Delivery[];
  next: string | null;
}

export function useDeliveries(of: Campaign, state: string, reason?: string | null) {
  const client = useQueryClient();
  const layer = useLayer();
  const key = ["campaign", of.id, "deliveries", state, reason ?? null];
  const found = useInfiniteQuery({
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      get<Page>(path(`/campaigns/${of.id}/deliveries`, { state, reason, limit: 100, cursor: pageParam })),
    getNextPageParam: (page) => page.next,
  });
  // Read anew at most every 2 s while the counts move.
  const moved =
    state === "queued"
      ? of.counts.open
      : state === "sent"
        ? of.counts.sent
        : of.counts.failed + of.counts.uncertain + of.counts.skipped;
  const beat = Math.floor(useNow(2_000) / 2_000);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the beat limits how often
  useEffect(() => {
    if ((found.data?.pages.length ?? 0) <= 1) void client.invalidateQueries({ queryKey: key });
  }, [
    of.state,
    Math.min(moved, 100),
    moved % 100 === 0 ? moved : 0,
    state === "sent" ? 0 : beat * Number(of.state === "sending"),
  ]);
  const rows = found.data?.pages.flatMap((each) => each.items) ?? [];
  useEffect(() => {
    if (state !== "failed" || rows.length === 0) return;
    layer.keepFailures(
      of.id,
      rows.map(({ seq, email, phone, reason: why, words: said, code }) => ({
        seq,
        address: email ?? phone,
        reason: why,
        words: said,
        code,
      })),
    );
  });
  return { ...found, rows };
}

export function Recipients({ of, state, reason }: { of: Campaign; state: string; reason?: string | null }) {
  const found = useDeliveries(of, state, reason);
  const [shown, setShown] = useState<number | null>(null);
  if (found.isPending && !found.error) return <Loading />;
  if (found.error && found.rows.length === 0) return <Trouble error={found.error} again={() => void found.refetch()} />;
  if (found.rows.length === 0) return <Empty icon="contacts" title={words.nobodyHere} />;
  const troubled = state !== "queued" && state !== "sent";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
    <section className="scroll" tabIndex={0} aria-label={words.recipients}>
      <table className="table">
        <thead>
          <tr>
            <th>{words.heads.place}</th>
            <th>{words.heads.recipient}</th>
            {troubled && <th>{words.heads.why}</th>}
            <th>{words.heads.attempts}</th>
            <th>{words.heads.provider}</th>
            <th>{words.heads.when}</th>
          </tr>
        </thead>
        <tbody>
          {found.rows.map((each) => (
            <tr key={each.seq}>
              <td className="num">{each.seq}</td>
              <td style={{ overflowWrap: "anywhere", minWidth: 160 }}>
                <Anchor component="button" type="button" size="sm" ta="start" onClick={() => setShown(each.seq)}>
                  {each.email ?? each.phone ?? "-"}
                </Anchor>
              </td>
              {troubled && <td>{reasonWords(each.reason)}</td>}
              <td className="num">{each.attempts}</td>
              <td className="dim" style={{ overflowWrap: "anywhere", minWidth: 160 }}>
                {[each.code, each.words].filter(Boolean).join(" ") || "-"}
              </td>
              <td className="num">{exact(each.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown !== null && (
        <Suspense>
          <Happened campaign={of.id} seq={shown} close={() => setShown(null)} />
        </Suspense>
      )}
      {found.hasNextPage && (
        <Text ta="center" p="sm" component="div">
          <Button
            variant="default"
            size="xs"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {words.showMore}
          </Button>
        </Text>
      )}
    </section>
  );
}
