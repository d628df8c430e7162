// What WhatsApp tells of a number of the Cloud API, in the list of senders.

import { Group, Text } from "@mantine/core";
import { Ask } from "@/campaigns/composer/Approved";
import { time } from "@/model/words";
import { useAccount } from "@/reading/numbers";
import { words as composer } from "@/words/composer";
import { words } from "@/words/senders";

export function NumberLine({ sender }: { sender: string }) {
  const of = useAccount(sender).data;
  if (!of) return null;
  const parts = [
    of.phone,
    of.verified_name,
    of.quality && words.quality(composer.quality[of.quality] ?? of.quality),
    of.people_per_day !== null
      ? words.peopleADay(of.people_per_day)
      : of.limit?.includes("UNLIMITED")
        ? words.noLimit
        : null,
    of.templates && words.approved(of.templates.filter((each) => !each.why_not).length),
  ].filter(Boolean);
  return (
    <Group gap="sm" mt={4} data-testid="number">
      <Text size="sm">
        {parts.join(" · ") || words.notAsked}
        {of.checked_at && <span className="dim"> {words.toldAt(time(of.checked_at))}</span>}
      </Text>
      <Ask sender={sender} />
      {of.trouble && (
        <Text size="sm" c="red" role="status">
          {words.noAnswer(of.trouble)}
        </Text>
      )}
      {of.advice && <Text size="sm">{words.giveBusinessAccount}</Text>}
    </Group>
  );
}
