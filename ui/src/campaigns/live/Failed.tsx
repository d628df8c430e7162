// Who failed, by reason: the provider's own words, and a retry for all, a group or one.

import { Button, Collapse, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLayer, useLive } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import type { Campaign } from "@/model/campaign";
import { reasonWords } from "@/model/reason";
import { number } from "@/model/words";
import { useVerb } from "@/outbox/useOutbox";
import { words } from "@/words/live";
import { Recipients } from "./Recipients";
import { type Group as Reason, reasons } from "./reasons";

export function Failed({ of }: { of: Campaign }) {
  const verb = useVerb();
  const lost = useLive((live) => live.link.status === "lost");
  const groups = useQuery({
    queryKey: ["campaign", of.id, "reasons", of.counts.failed],
    queryFn: () => reasons(of.id),
    placeholderData: (old) => old,
  });
  if (of.counts.failed === 0) return <Empty icon="done" title={words.nobodyFailed} />;
  if (!groups.data && (lost || groups.error)) return <Kept of={of} error={groups.error} />;
  if (!groups.data) return <Loading />;
  const can = groups.data.filter((each) => each.retryable).reduce((sum, each) => sum + each.count, 0);
  return (
    <div>
      {can > 0 && of.state !== "cancelled" && (
        <Group justify="space-between" px="md" py="sm">
          <Text size="sm">{words.canSucceed(can)}</Text>
          <Button size="xs" onClick={() => verb("retry", of, {})}>
            {words.retryAll(number(can))}
          </Button>
        </Group>
      )}
      <div className="rows">
        {groups.data.map((each) => (
          <ReasonRow key={each.reason} of={of} group={each} />
        ))}
      </div>
    </div>
  );
}

function ReasonRow({ of, group }: { of: Campaign; group: Reason }) {
  const verb = useVerb();
  const [opened, setOpened] = useState(false);
  return (
    <div className="row" style={{ gridTemplateColumns: "minmax(0,1fr)" }}>
      <Group justify="space-between" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 240px" }}>
          <Text fw={600}>
            {reasonWords(group.reason)} <span className="num">{number(group.count)}</span>
          </Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {[group.code, group.words].filter(Boolean).join(" ") || words.nothingMore}
          </Text>
        </div>
        <Text size="sm" c="dimmed">
          {group.retryable ? words.temporary : words.forGood}
        </Text>
        <Button size="xs" variant="default" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          {opened ? words.hide : words.show}
        </Button>
        {group.retryable && of.state !== "cancelled" && (
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="retry" size={14} />}
            onClick={() => verb("retry", of, { reason: group.reason })}
          >
            {words.retry(number(group.count))}
          </Button>
        )}
      </Group>
      <Collapse expanded={opened}>{opened && <Recipients of={of} state="failed" reason={group.reason} />}</Collapse>
    </div>
  );
}

/** The kept copy, while the server is away. */
function Kept({ of, error }: { of: Campaign; error: unknown }) {
  const kept = useLayer().failures(of.id);
  if (kept.length === 0) return <Trouble error={error} />;
  return (
    <div className="scroll" data-testid="kept-failures">
      <table className="table">
        <tbody>
          {kept.map((each) => (
            <tr key={each.seq}>
              <td className="num">{each.seq}</td>
              <td>{each.address}</td>
              <td>{reasonWords(each.reason)}</td>
              <td className="dim">{[each.code, each.words].filter(Boolean).join(" ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
