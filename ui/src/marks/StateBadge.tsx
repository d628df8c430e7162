// A state as sign, word and colour: never colour alone.

import { Badge } from "@mantine/core";
import type { Mark } from "@/model/campaign";
import type { Seen } from "@/outbox/predict";
import { Icon, type IconName } from "./icons";

const SIGNS: Record<Mark, IconName> = {
  dot: "dot",
  pause: "pause",
  clock: "clock",
  done: "done",
  cross: "cross",
  draft: "draft",
  wait: "wait",
  hand: "hand",
};

export function StateBadge({ seen, size = "md" }: { seen: Seen; size?: "sm" | "md" | "lg" }) {
  return (
    <Badge
      size={size}
      variant="light"
      color={seen.tone}
      className={`state tone-${seen.tone}`}
      data-predicted={seen.predicted || undefined}
      leftSection={<Icon name={SIGNS[seen.mark]} size={size === "lg" ? 14 : 12} />}
    >
      {seen.label}
    </Badge>
  );
}
