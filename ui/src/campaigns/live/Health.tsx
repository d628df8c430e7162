// Why it does not move, and the one click that helps.

import { Alert, Button, Group, Text } from "@mantine/core";
import { Link } from "wouter";
import { useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { type Campaign, look, waitsForSomething } from "@/model/campaign";
import { senderPath, troubled } from "@/model/sender";
import { causeOf, exact, number, sentence } from "@/model/words";
import { newKey } from "@/outbox/queue";
import { useOutbox, useWishes } from "@/outbox/useOutbox";
import { useSenders } from "@/reading/rooms";
import { words } from "@/words/live";

const WAITS_BY_ITSELF = new Set(["waiting_for_connection", "waiting_for_sender"]);

export function Health({ of }: { of: Campaign }) {
  const outbox = useOutbox();
  const waiting = useWishes().some((each) => each.campaign === of.id);
  const now = useNow();
  const ill = (useSenders().data ?? []).filter((each) => each.health === "down" || each.health === "blocked");
  if (of.state !== "sending" && of.state !== "paused") return null;
  const cause = troubled(of, ill);
  const mend = cause && <Link href={senderPath(cause.name)}>{words.toSender(cause.name)}</Link>;
  const move = () =>
    outbox.put({
      key: newKey(),
      at: Date.now(),
      method: "POST",
      route: `/campaigns/${of.id}/send`,
      label: words.getMovingOf(of.name),
      campaign: of.id,
      verb: "send",
      control: of.control,
      replay: "ask",
    });
  if (of.stuck)
    return (
      <Alert
        color="red"
        title={waitsForSomething(of) ? look(of).label : words.standsStill}
        icon={<Icon name="wait" />}
        mb="md"
        role="alert"
        data-testid="stuck"
      >
        <Text size="sm">{sentence(causeOf(of.detail ?? words.nothingMoved))}</Text>
        <Text size="sm">{words.nobodyLost(number(of.counts.open))}</Text>
        <Group mt="sm">
          <Button size="xs" onClick={move} loading={waiting}>
            {waitsForSomething(of) ? words.lookAgain : words.getMoving}
          </Button>
          {mend}
        </Group>
      </Alert>
    );
  if (!of.detail) return null;
  const paused = of.state === "paused";
  const byItself = WAITS_BY_ITSELF.has(of.activity ?? "");
  return (
    <Alert
      color={paused && of.reason !== "by_person" ? "orange" : "gray"}
      icon={<Icon name={paused ? "pause" : "wait"} />}
      mb="md"
      role="status"
      data-testid="why"
    >
      <Text size="sm">
        {sentence(causeOf(of.detail))}
        {byItself && ` ${words.goesOnByItself}`}
        {of.next_at &&
          new Date(of.next_at).getTime() > now &&
          ` ${words[byItself ? "nextLook" : "next"](exact(of.next_at))}`}{" "}
        {mend}
      </Text>
    </Alert>
  );
}
