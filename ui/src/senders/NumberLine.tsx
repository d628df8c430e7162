// What WhatsApp tells of a number of the Cloud API, in the list of senders.

import { Group, Text } from "@mantine/core";
import { Ask } from "@/campaigns/composer/Approved";
import { QUALITY } from "@/campaigns/composer/Limits";
import { count, number, time } from "@/model/words";
import { useAccount } from "@/reading/numbers";

export function NumberLine({ sender }: { sender: string }) {
  const of = useAccount(sender).data;
  if (!of) return null;
  const parts = [
    of.phone,
    of.verified_name,
    of.quality && `quality ${QUALITY[of.quality] ?? of.quality}`,
    of.people_per_day !== null
      ? `${number(of.people_per_day)} people a day`
      : of.limit?.includes("UNLIMITED")
        ? "no limit of people a day"
        : null,
    of.templates && count(of.templates.filter((each) => !each.why_not).length, "approved template"),
  ].filter(Boolean);
  return (
    <Group gap="sm" mt={4} data-testid="number">
      <Text size="sm">
        {parts.join(" · ") || "WhatsApp was not asked about this number yet"}
        {of.checked_at && <span className="dim"> (told at {time(of.checked_at)})</span>}
      </Text>
      <Ask sender={sender} />
      {of.trouble && (
        <Text size="sm" c="red" role="status">
          WhatsApp did not answer: {of.trouble}
        </Text>
      )}
      {of.advice && (
        <Text size="sm">Change it and give the id of the business account, and its templates are known.</Text>
      )}
    </Group>
  );
}
