// What became of clicks: the answer goes into the book; a refusal and a click that needs a second word are put to the person.

import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { useLayer } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { say } from "@/notices/toast";
import { useOutbox, useWishes } from "@/outbox/useOutbox";
import { words } from "@/words/frame";

const Second = lazy(() => import("./Second").then((room) => ({ default: room.Second })));

export function Answers() {
  const outbox = useOutbox();
  const layer = useLayer();
  const client = useQueryClient();
  useEffect(
    () =>
      outbox.onAnswer(({ wish, body, problem }) => {
        if (problem) say(words.notDone(wish.label), problem.message, "red");
        else if (wish.verb === "retry") {
          const { requeued } = body as { requeued: number };
          say(words.queuedAgain(requeued));
        } else if (wish.verb === "resolve") say(words.decided((body as { resolved: number }).resolved));
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
