// The ring, the rate and the time left. Never invented: "-" when there is none.

import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, path } from "@/api/client";
import { useNow } from "@/live/useLive";
import { Ring } from "@/marks/Ring";
import { type Point, type Shade, Spark } from "@/marks/Spark";
import { type Campaign, isResting, settled } from "@/model/campaign";
import { duration, rateOf, rateText, secondsLeft } from "@/model/pace";
import { number, time } from "@/model/words";
import type { Paged } from "@/reading/rooms";
import { words } from "@/words/live";

export function Hero({ of }: { of: Campaign }) {
  const now = useNow();
  const rate = rateOf(of, now);
  const left = secondsLeft(of, now);
  const points = usePoints(of, rate);
  return (
    <div className="hero" style={{ marginBottom: 16 }}>
      <Ring counts={of.counts} />
      <div className="grow">
        <Text fz={26} fw={700} className="num" data-testid="settled">
          {words.settled(number(settled(of.counts)), number(of.counts.audience))}
          {!of.planned && of.state === "sending" && <Text component="span"> {words.soFar}</Text>}
        </Text>
        <Text className="num" data-testid="pace">
          {of.state === "sending" || of.state === "paused" ? (
            <>
              <span data-testid="rate">{rateText(rate)}</span>
              {left !== null && (
                <span className="dim"> · {words.leftAndEnds(duration(left), time(now + left * 1000, now))}</span>
              )}
            </>
          ) : (
            <span className="dim">{ended(of)}</span>
          )}
        </Text>
        {!of.planned && of.state === "sending" && of.activity === "planning" && (
          <Text size="sm" c="dimmed">
            {words.preparing(of.counts.audience)}
          </Text>
        )}
        <Progress of={of} />
      </div>
      {of.state === "sending" && <Spark points={points} />}
    </div>
  );
}

function ended(of: Campaign): string {
  if (of.completed_at && of.started_at) {
    const seconds = (new Date(of.completed_at).getTime() - new Date(of.started_at).getTime()) / 1000;
    return words.doneAfter(time(of.completed_at), duration(seconds));
  }
  if (of.start_at && of.state === "scheduled") return words.starts(time(of.start_at));
  return of.started_at ? words.started(time(of.started_at)) : words.notStarted;
}

/** The rate as this page has seen it. */
function usePoints(of: Campaign, rate: number | null): Point[] {
  const [points, setPoints] = useState<Point[]>([]);
  const last = useRef(0);
  const shade = shadeOf(of);
  // What was before this page was opened, so that the line is not empty after a reload.
  const before = useQuery({
    queryKey: ["campaign", of.id, "rates"],
    queryFn: async () => (await get<Paged<{ at: string; rate: number }>>(path(`/campaigns/${of.id}/rates`))).items,
    enabled: of.state === "sending",
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    const kept = before.data?.slice(-40).map((each) => ({ at: new Date(each.at).getTime(), rate: each.rate })) ?? [];
    if (kept.length > 0)
      setPoints((old) => [...kept, ...old.filter((each) => each.at > (kept.at(-1)?.at ?? 0))].slice(-60));
  }, [before.data]);
  useEffect(() => {
    if (of.state !== "sending" || of.as_of - last.current < 2_000) return;
    last.current = of.as_of;
    setPoints((old) => [...old.slice(-59), { at: of.as_of, rate: rate ?? 0, shade }]);
  }, [of.as_of, of.state, rate, shade]);
  return points;
}

const OUTAGES = new Set(["waiting_for_connection", "waiting_for_sender"]);

function shadeOf(of: Campaign): Shade {
  if (isResting(of)) return "rest";
  return OUTAGES.has(of.activity ?? "") ? "outage" : null;
}

/** Said aloud at 25, 50, 75 and 100 %, not at every number. */
function Progress({ of }: { of: Campaign }) {
  const quarter = of.counts.audience > 0 ? Math.floor((settled(of.counts) / of.counts.audience) * 4) * 25 : 0;
  return (
    <span
      role="status"
      style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}
    >
      {quarter > 0 ? words.percentOf(of.name, quarter) : ""}
    </span>
  );
}
