// The end: what came of it, and what can still be done.

import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { path } from "@/api/client";
import { Icon } from "@/marks/icons";
import { type Campaign, isOver } from "@/model/campaign";
import { number } from "@/model/words";
import { useVerb } from "@/outbox/useOutbox";
import { reasons } from "./reasons";

export function Summary({ of }: { of: Campaign }) {
  if (!isOver(of)) return null;
  return (
    <div className="card pad" style={{ marginBottom: 14 }} data-testid="summary">
      <Group justify="space-between" gap="sm">
        <div>
          <Text fw={650}>
            {of.state === "completed" ? "Completed" : "Cancelled"}: {number(of.counts.sent)} sent,{" "}
            {number(of.counts.failed)} failed
            {of.counts.uncertain > 0 && `, ${number(of.counts.uncertain)} uncertain`}
          </Text>
          <Text size="sm" c="dimmed">
            The results stay here. Each recipient has a line in the export.
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
            Export
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
  if (can === 0) return <Text size="sm">None of the failed can succeed</Text>;
  return (
    <Button leftSection={<Icon name="retry" size={16} />} onClick={() => verb("retry", of, {})}>
      Retry Failed? {number(can)} can succeed
    </Button>
  );
}
