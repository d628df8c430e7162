// Those of whom nobody can say whether they got it: what happened, and the four things that a person can decide.

import { Button, Group, Menu, Text } from "@mantine/core";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import type { Campaign } from "@/model/campaign";
import { reasonWords } from "@/model/reason";
import { count, exact } from "@/model/words";
import { useVerb } from "@/outbox/useOutbox";
import { type Delivery, useDeliveries } from "./Recipients";

const DECISIONS = [
  ["sent", "Mark sent", "It was seen to arrive."],
  ["failed", "Mark failed", "It was seen not to arrive."],
  ["send-again", "Send again knowingly", "Whoever has it already gets it twice."],
] as const;

export function Uncertain({ of }: { of: Campaign }) {
  const found = useDeliveries(of, "uncertain");
  if (of.counts.uncertain === 0) return <Empty icon="done" title="Nobody is uncertain" />;
  if (found.error && found.rows.length === 0) return <Trouble error={found.error} />;
  if (found.isPending) return <Loading />;
  return (
    <div>
      <Group justify="space-between" px="md" py="sm" gap="sm">
        <Text size="sm" style={{ flex: "1 1 280px" }}>
          {count(of.counts.uncertain, "message was", "messages were")} handed over, and the answer never came. Homing
          does not guess: a later receipt settles it, or you do.
        </Text>
        <Decide of={of} target={{ all: true }} words="Decide all" />
      </Group>
      <div className="rows">
        {found.rows.map((each) => (
          <div className="row" key={each.seq} style={{ gridTemplateColumns: "minmax(0,1fr) auto" }}>
            <div>
              <Text fw={600} style={{ overflowWrap: "anywhere" }}>
                {each.email ?? each.phone} <span className="dim num">no. {each.seq}</span>
              </Text>
              <Text size="sm" c="dimmed">
                {evidence(each)}
              </Text>
            </div>
            <Decide of={of} target={{ seqs: [each.seq] }} words="Decide" />
          </div>
        ))}
      </div>
      {found.hasNextPage && (
        <Text ta="center" p="sm" component="div">
          <Button variant="default" size="xs" onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        </Text>
      )}
    </div>
  );
}

function evidence(of: Delivery): string {
  const said = [of.code, of.words].filter(Boolean).join(" ");
  return `${reasonWords(of.reason)}, ${exact(of.at)}${said ? `; "${said}"` : ""}`;
}

function Decide({ of, target, words }: { of: Campaign; target: { all: true } | { seqs: number[] }; words: string }) {
  const verb = useVerb();
  return (
    <Menu position="bottom-end" width={280} withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default">
          {words}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {DECISIONS.map(([as, name, what]) => (
          <Menu.Item
            key={as}
            onClick={() => verb("resolve", of, { ...target, as })}
            disabled={as === "send-again" && of.state === "cancelled"}
          >
            {name}
            <Text size="xs" c="dimmed" component="p" m={0}>
              {what}
            </Text>
          </Menu.Item>
        ))}
        <Menu.Item leftSection={<Icon name="clock" size={15} />}>Leave it</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
