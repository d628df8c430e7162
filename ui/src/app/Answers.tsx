// What became of clicks: the answer goes into the book; a refusal and a click that needs a second word are put to the person.

import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { useLayer } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { count } from "@/model/words";
import { say } from "@/notices/toast";
import { useOutbox, useWishes } from "@/outbox/useOutbox";

const Second = lazy(() => import("./Second").then((room) => ({ default: room.Second })));

export function Answers() {
  const outbox = useOutbox();
  const layer = useLayer();
  const client = useQueryClient();
  useEffect(
    () =>
      outbox.onAnswer(({ wish, body, problem }) => {
        if (problem) say(`Not done. ${wish.label}`, problem.message, "red");
        else if (wish.verb === "retry") {
          const { requeued } = body as { requeued: number };
          say(requeued > 0 ? `${count(requeued, "recipient")} queued again` : "Nobody of these can be retried");
        } else if (wish.verb === "resolve")
          say(`${count((body as { resolved: number }).resolved, "recipient")} decided`);
        if (!problem && body && typeof body === "object" && "control" in body) layer.took(body as Campaign);
        if (wish.campaign) layer.refresh(wish.campaign);
        if (wish.campaign) void client.invalidateQueries({ queryKey: ["campaign", wish.campaign] });
        if (wish.route.startsWith("/imports/"))
          for (const queryKey of [["import"], ["imports"]]) void client.invalidateQueries({ queryKey });
      }),
    [outbox, layer, client],
  );
  const asking = useWishes().find((each) => each.asks);
  return asking ? (
    <Suspense>
      <Second asking={asking} />
    </Suspense>
  ) : null;
}
