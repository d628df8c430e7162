// One banner under the header, the worst first: this device or the server is cut off (red), the server waits for
// something (amber), the line is back (green).

import { Button, Group, Text } from "@mantine/core";
import { useLayer, useLive, useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { type Campaign, isRunning } from "@/model/campaign";
import { clock } from "@/model/pace";
import { count, exact, time } from "@/model/words";
import { useWishes } from "@/outbox/useOutbox";
import { sendersWait } from "./waiting";

export function Banner() {
  const link = useLive((live) => live.link);
  const storage = useLive((live) => live.storage);
  const restored = useLive((live) => live.restored);
  const book = useLive((live) => live.book);
  if (link.status === "lost") return <Lost />;
  if (storage)
    return (
      <Amber
        title="The server's storage refuses to be written"
        words={storage.detail ?? ""}
        next={storage.next_at ?? null}
      />
    );
  const waits = sendersWait(Object.values(book.campaigns));
  if (waits) return <Amber title="Waiting for connection..." words={waits.words} next={waits.next} />;
  if (restored) return <Restored events={restored.events} />;
  return null;
}

const WHO = {
  device: "This device has no network.",
  server: "The server does not answer: it is stopped, restarting, or the way to it is cut.",
  silent: "The server does not answer: the line is open, and nothing comes.",
} as const;

function Lost() {
  const layer = useLayer();
  const link = useLive((live) => live.link);
  const book = useLive((live) => live.book);
  const attending = useLive((live) => live.attending);
  const waiting = useWishes().length;
  const now = useNow(500);
  const next = link.next === null ? "trying now" : `next try in ${Math.max(0, Math.ceil((link.next - now) / 1000))} s`;
  return (
    <div className="banner banner-red" role="alert" data-testid="banner-lost">
      <Icon name="off" size={22} />
      <div className="banner-words">
        <Text fw={700} component="p">
          Connection Lost
        </Text>
        <Text size="sm" component="p">
          {WHO[link.cause ?? "server"]} {consequences(Object.values(book.campaigns), attending)}
          {waiting > 0 && ` ${count(waiting, "click")} will be sent when it is back.`}
        </Text>
      </div>
      <Group gap="sm" wrap="nowrap" className="banner-act">
        <Text size="sm" component="span" aria-hidden="true" data-testid="countdown">
          since {exact(link.since)}, {next}
        </Text>
        <Button size="xs" variant="white" color="dark" onClick={layer.tryNow}>
          Try now
        </Button>
      </Group>
    </div>
  );
}

/** What the cut means for each campaign: attended ones pause, the others do not care. */
function consequences(campaigns: Campaign[], attending: string[]): string {
  const running = campaigns.filter(isRunning);
  const attended = running.filter((each) => each.mode === "attended" && attending.includes(each.id));
  const others = running.length - attended.length;
  const words = [];
  for (const each of attended) words.push(`"${each.name}" is auto-paused and goes on by itself at the next recipient.`);
  if (others > 0)
    words.push(`${others === 1 ? "The campaign" : count(others, "campaign")} on the server goes on without this page.`);
  if (words.length === 0) words.push("Nothing is lost: what you see is the last copy.");
  return words.join(" ");
}

function Amber({ title, words, next }: { title: string; words: string; next: string | null }) {
  const now = useNow(500);
  const left = next === null ? null : Math.max(0, (new Date(next).getTime() - now) / 1000);
  return (
    <div className="banner banner-amber" role="status" data-testid="banner-waiting">
      <Icon name="wait" size={22} />
      <div className="banner-words">
        <Text fw={700} component="p">
          {title}
        </Text>
        <Text size="sm" component="p">
          {words}
        </Text>
      </div>
      {left !== null && (
        <Text size="sm" component="span" aria-hidden="true">
          next check in {left < 60 ? `${Math.ceil(left)} s` : clock(left)}, at {time(next)}
        </Text>
      )}
    </div>
  );
}

function Restored({ events }: { events: number }) {
  return (
    <div className="banner banner-green" role="status" data-testid="banner-restored">
      <Icon name="done" size={22} />
      <div className="banner-words">
        <Text fw={700} component="p">
          Connection Restored!
        </Text>
        <Text size="sm" component="p">
          Caught up, {count(events, "event")}, none missed.
        </Text>
      </div>
    </div>
  );
}
