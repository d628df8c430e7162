// One banner under the header, the worst first: this device or the server is cut off (red), the server waits for
// something (amber), the line is back (green).

import { Button, Group, Text } from "@mantine/core";
import { useLayer, useLive, useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { type Campaign, isRunning } from "@/model/campaign";
import { clock } from "@/model/pace";
import { exact, time } from "@/model/words";
import { useWishes } from "@/outbox/useOutbox";
import { words } from "@/words/notices";
import { sendersWait } from "./waiting";

export function Banner() {
  const link = useLive((live) => live.link);
  const storage = useLive((live) => live.storage);
  const restored = useLive((live) => live.restored);
  const book = useLive((live) => live.book);
  if (link.status === "lost") return <Lost />;
  if (storage) return <Amber title={words.storageRefuses} said={storage.detail ?? ""} next={storage.next_at ?? null} />;
  const waits = sendersWait(Object.values(book.campaigns));
  if (waits) return <Amber title={words.waitingForConnection} said={waits.words} next={waits.next} />;
  if (restored) return <Restored events={restored.events} />;
  return null;
}

function Lost() {
  const layer = useLayer();
  const link = useLive((live) => live.link);
  const book = useLive((live) => live.book);
  const attending = useLive((live) => live.attending);
  const waiting = useWishes().length;
  const now = useNow(500);
  const next = link.next === null ? words.tryingNow : words.nextTry(Math.max(0, Math.ceil((link.next - now) / 1000)));
  return (
    <div className="banner banner-red" role="alert" data-testid="banner-lost">
      <Icon name="off" size={22} />
      <div className="banner-words">
        <Text fw={700} component="p">
          {words.connectionLost}
        </Text>
        <Text size="sm" component="p">
          {words.cause[link.cause ?? "server"]} {consequences(Object.values(book.campaigns), attending)}
          {waiting > 0 && ` ${words.clicksWait(waiting)}`}
        </Text>
      </div>
      <Group gap="sm" wrap="nowrap" className="banner-act">
        <Text size="sm" component="span" aria-hidden="true" data-testid="countdown">
          {words.since(exact(link.since), next)}
        </Text>
        <Button size="xs" variant="white" color="dark" onClick={layer.tryNow}>
          {words.tryNow}
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
  const said = [];
  for (const each of attended) said.push(words.autoPaused(each.name));
  if (others > 0) said.push(words.othersGoOn(others));
  if (said.length === 0) said.push(words.nothingLost);
  return said.join(" ");
}

function Amber({ title, said, next }: { title: string; said: string; next: string | null }) {
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
          {said}
        </Text>
      </div>
      {left !== null && (
        <Text size="sm" component="span" aria-hidden="true">
          {words.nextCheck(left < 60 ? words.seconds(Math.ceil(left)) : clock(left), time(next))}
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
          {words.restored}
        </Text>
        <Text size="sm" component="p">
          {words.caughtUp(events)}
        </Text>
      </div>
    </div>
  );
}
