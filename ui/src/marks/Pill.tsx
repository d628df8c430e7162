// The connection, always visible: live, connecting, or Offline in red.

import { Badge, Tooltip } from "@mantine/core";
import { isSecure } from "@/live/leader";
import { useLive } from "@/live/useLive";
import { Icon } from "./icons";

export function Pill() {
  const link = useLive((live) => live.link);
  const storage = useLive((live) => live.storage);
  const [word, color, icon, why] =
    link.status === "lost"
      ? (["Offline", "red", "off", "There is no connection to the server now."] as const)
      : link.status === "signed-out"
        ? (["Signed out", "gray", "user", "Sign in to see what happens."] as const)
        : link.status === "connecting"
          ? (["Connecting", "gray", "wifi", "The page is asking the server."] as const)
          : storage
            ? (["Live", "yellow", "wifi", "Live, but the server's storage refuses to be written."] as const)
            : (["Live", "teal", "wifi", told(link.transport)] as const);
  return (
    <Tooltip
      label={isSecure() ? why : `${why} Limited: no https.`}
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

const told = (transport: "stream" | "poll") =>
  transport === "stream"
    ? "Changes arrive as they happen."
    : "Changes arrive by asking: something on the way holds streams back.";
