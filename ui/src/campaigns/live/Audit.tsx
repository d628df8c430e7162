// The balance: everybody is somewhere, and it adds up. A click counts the rows themselves.

import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { Icon } from "@/marks/icons";
import { balanced, type Counts } from "@/model/campaign";
import { number } from "@/model/words";
import { words } from "@/words/live";

interface Sheet {
  audience: number;
  sent: number;
  balanced: boolean;
  faults: string[];
  attempts: number;
}

const PARTS = ["sent", "failed", "skipped", "cancelled", "uncertain", "open"] as const;

export function Audit({ counts, id }: { counts: Counts; id: string }) {
  const counted = useMutation({ mutationFn: () => get<Sheet>(path(`/campaigns/${id}/audit`)) });
  const closes = balanced(counts);
  const parts = PARTS.map((each) => words.parts[each](number(counts[each])));
  return (
    <Group justify="space-between" mt="md" gap="xs">
      <div className="audit dim" data-testid="audit">
        {words.audienceIs(number(counts.audience))} = {parts.join(" + ")}{" "}
        <b style={{ color: closes ? undefined : "var(--mantine-color-red-7)" }}>
          {closes ? words.balanced : words.notBalanced}{" "}
          {closes && <Icon name="done" size={13} style={{ verticalAlign: -2 }} />}
        </b>
      </div>
      <Group gap="xs">
        {counted.data && (
          <Text size="sm" role="status">
            {counted.data.balanced ? words.countedRows(number(counted.data.attempts)) : counted.data.faults.join("; ")}
          </Text>
        )}
        {counted.error && <Text size="sm">{counted.error.message}</Text>}
        <Button size="xs" variant="subtle" color="gray" loading={counted.isPending} onClick={() => counted.mutate()}>
          {words.countRows}
        </Button>
      </Group>
    </Group>
  );
}
