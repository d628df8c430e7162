// Why it does not move, and the one click that helps.

import { Alert, Button, Text } from "@mantine/core";
import { useNow } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import type { Campaign } from "@/model/campaign";
import { exact, sentence } from "@/model/words";
import { newKey } from "@/outbox/queue";
import { useOutbox, useWishes } from "@/outbox/useOutbox";

export function Health({ of }: { of: Campaign }) {
  const outbox = useOutbox();
  const waiting = useWishes().some((each) => each.campaign === of.id);
  const now = useNow();
  if (of.state !== "sending" && of.state !== "paused") return null;
  const move = () =>
    outbox.put({
      key: newKey(),
      at: Date.now(),
      method: "POST",
      route: `/campaigns/${of.id}/send`,
      label: `Get it moving: ${of.name}`,
      campaign: of.id,
      verb: "send",
      control: of.control,
      replay: "ask",
    });
  if (of.stuck)
    return (
      <Alert color="red" title="It stands still" icon={<Icon name="wait" />} mb="md" role="alert" data-testid="stuck">
        <Text size="sm">{sentence(of.detail ?? "Nothing has moved for a while.")}</Text>
        <Text size="sm">
          Nobody is lost: {of.counts.open.toLocaleString()} remain in the ledger, and nobody will get it twice.
        </Text>
        <Button mt="sm" size="xs" onClick={move} loading={waiting}>
          Get it moving
        </Button>
      </Alert>
    );
  if (!of.detail) return null;
  const paused = of.state === "paused";
  return (
    <Alert
      color={paused && of.reason !== "by_person" ? "orange" : "gray"}
      icon={<Icon name={paused ? "pause" : "wait"} />}
      mb="md"
      role="status"
      data-testid="why"
    >
      <Text size="sm">
        {sentence(of.detail)}
        {of.next_at && new Date(of.next_at).getTime() > now && ` Next: ${exact(of.next_at)}.`}
      </Text>
    </Alert>
  );
}
