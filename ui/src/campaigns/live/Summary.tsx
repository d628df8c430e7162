// The end: what came of it, and what can still be done.

import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { path } from "@/api/client";
import { Icon } from "@/marks/icons";
import { type Campaign, isOver } from "@/model/campaign";
import { number } from "@/model/words";
import { useVerb } from "@/outbox/useOutbox";
import { words } from "@/words/live";
import { reasons } from "./reasons";

export function Summary({ of }: { of: Campaign }) {
  if (!isOver(of)) return null;
  return (
    <div className="card pad" style={{ marginBottom: 14 }} data-testid="summary">
      <Group justify="space-between" gap="sm">
        <div>
          <Text fw={650}>
            {words.over(
              of.state === "completed" ? "completed" : "cancelled",
              of.counts.sent,
              of.counts.failed,
              of.counts.uncertain,
            )}
          </Text>
          <Text size="sm" c="dimmed">
            {words.resultsStay}
          </Text>
        </div>
        <Group gap="xs">
          {of.state === "completed" && of.counts.failed > 0 && <RetryFailed of={of} />}
          <Button
            component="a"
            href={path(`/campaigns/${of.id}/export`)}
            variant="default"
            leftSection={<Icon name="download" size={16} />}
          >
            {words.export}
          </Button>
        </Group>
      </Group>
    </div>
  );
}

function RetryFailed({ of }: { of: Campaign }) {
  const verb = useVerb();
  const groups = useQuery({
    queryKey: ["campaign", of.id, "reasons", of.counts.failed],
    queryFn: () => reasons(of.id),
  });
  const can =
    groups.data?.filter((each) => each.retryable).reduce((sum, each) => sum + each.count, 0) ?? of.counts.failed;
  if (can === 0) return <Text size="sm">{words.noneCanSucceed}</Text>;
  return (
    <Button leftSection={<Icon name="retry" size={16} />} onClick={() => verb("retry", of, {})}>
      {words.retryFailed(number(can))}
    </Button>
  );
}
