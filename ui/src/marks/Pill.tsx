// The connection, always visible: live, connecting, or Offline in red.

import { Badge, Tooltip } from "@mantine/core";
import { isSecure } from "@/live/leader";
import { useLive } from "@/live/useLive";
import { words } from "@/words/frame";
import { Icon } from "./icons";

export function Pill() {
  const link = useLive((live) => live.link);
  const storage = useLive((live) => live.storage);
  const [is, color, icon] =
    link.status === "lost"
      ? (["offline", "red", "off"] as const)
      : link.status === "signed-out"
        ? (["signedOut", "gray", "user"] as const)
        : link.status === "connecting"
          ? (["connecting", "gray", "wifi"] as const)
          : storage
            ? (["storage", "yellow", "wifi"] as const)
            : ([link.transport, "teal", "wifi"] as const);
  const [word, why] = words.pill[is];
  return (
    <Tooltip
      label={isSecure() ? why : words.noHttps(why)}
      multiline
      maw={280}
      events={{ hover: true, focus: true, touch: true }}
    >
      <Badge
        variant={color === "red" ? "filled" : "light"}
        color={color === "red" ? "red.8" : color}
        size="lg"
        leftSection={<Icon name={icon} size={14} />}
        className={`pill tone-${color}`}
        data-testid="pill"
        data-status={link.status}
        tabIndex={0}
      >
        {word}
      </Badge>
    </Tooltip>
  );
}
