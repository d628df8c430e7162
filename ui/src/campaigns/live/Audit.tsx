// The balance: everybody is somewhere, and it adds up. A click counts the rows themselves.

import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { Icon } from "@/marks/icons";
import { balanced, type Counts } from "@/model/campaign";
import { number } from "@/model/words";

interface Sheet {
  audience: number;
  sent: number;
  balanced: boolean;
  faults: string[];
  attempts: number;
}

export function Audit({ counts, id }: { counts: Counts; id: string }) {
  const counted = useMutation({ mutationFn: () => get<Sheet>(path(`/campaigns/${id}/audit`)) });
  const closes = balanced(counts);
  const parts = [
    [counts.sent, "sent"],
    [counts.failed, "failed"],
    [counts.skipped, "skipped"],
    [counts.cancelled, "cancelled"],
    [counts.uncertain, "uncertain"],
    [counts.open, "remaining"],
  ] as const;
  return (
    <Group justify="space-between" mt="md" gap="xs">
      <div className="audit dim" data-testid="audit">
        audience {number(counts.audience)} = {parts.map(([value, name]) => `${number(value)} ${name}`).join(" + ")}{" "}
        <b style={{ color: closes ? undefined : "var(--mantine-color-red-7)" }}>
          {closes ? "balanced" : "does not add up yet"}{" "}
          {closes && <Icon name="done" size={13} style={{ verticalAlign: -2 }} />}
        </b>
      </div>
      <Group gap="xs">
        {counted.data && (
          <Text size="sm" role="status">
            {counted.data.balanced
              ? `Counted from the rows: balanced, ${number(counted.data.attempts)} attempts.`
              : counted.data.faults.join("; ")}
          </Text>
        )}
        {counted.error && <Text size="sm">{counted.error.message}</Text>}
        <Button size="xs" variant="subtle" color="gray" loading={counted.isPending} onClick={() => counted.mutate()}>
          Count the rows
        </Button>
      </Group>
    </Group>
  );
}
