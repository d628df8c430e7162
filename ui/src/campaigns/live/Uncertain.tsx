// Those of whom nobody can say whether they got it: what happened, and the four things that a person can decide.

import { Button, Group, Menu, Text } from "@mantine/core";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import type { Campaign } from "@/model/campaign";
import { reasonWords } from "@/model/reason";
import { exact } from "@/model/words";
import { useVerb } from "@/outbox/useOutbox";
import { words } from "@/words/live";
import { type Delivery, useDeliveries } from "./Recipients";

const DECISIONS = ["sent", "failed", "send-again"] as const;

export function Uncertain({ of }: { of: Campaign }) {
  const found = useDeliveries(of, "uncertain");
  if (of.counts.uncertain === 0) return <Empty icon="done" title={words.nobodyUncertain} />;
  if (found.error && found.rows.length === 0) return <Trouble error={found.error} again={() => void found.refetch()} />;
  if (found.isPending) return <Loading />;
  return (
    <div>
      <Group justify="space-between" px="md" py="sm" gap="sm">
        <Text size="sm" style={{ flex: "1 1 280px" }}>
          {words.handedOver(of.counts.uncertain)}
        </Text>
        <Decide of={of} target={{ all: true }} name={words.decideAll} />
      </Group>
      <div className="rows">
        {found.rows.map((each) => (
          <div className="row" key={each.seq} style={{ gridTemplateColumns: "minmax(0,1fr) auto" }}>
            <div>
              <Text fw={600} style={{ overflowWrap: "anywhere" }}>
                {each.email ?? each.phone} <span className="dim num">{words.placeOf(each.seq)}</span>
              </Text>
              <Text size="sm" c="dimmed">
                {evidence(each)}
              </Text>
            </div>
            <Decide of={of} target={{ seqs: [each.seq] }} name={words.decide} />
          </div>
        ))}
      </div>
      {found.hasNextPage && (
        <Text ta="center" p="sm" component="div">
          <Button variant="default" size="xs" onClick={() => void found.fetchNextPage()}>
            {words.showMore}
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

function Decide({ of, target, name }: { of: Campaign; target: { all: true } | { seqs: number[] }; name: string }) {
  const verb = useVerb();
  return (
    <Menu position="bottom-end" width={280} withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default">
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {DECISIONS.map((as) => (
          <Menu.Item
            key={as}
            onClick={() => verb("resolve", of, { ...target, as })}
            disabled={as === "send-again" && of.state === "cancelled"}
          >
            {words.decisions[as].name}
            <Text size="xs" c="dimmed" component="p" m={0}>
              {words.decisions[as].what}
            </Text>
          </Menu.Item>
        ))}
        <Menu.Item leftSection={<Icon name="clock" size={15} />}>{words.leaveIt}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
