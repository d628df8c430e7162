// Before a WhatsApp campaign starts: how long it honestly takes at the number's limits, the limits to change, and the risk.

import { Alert, Button, Checkbox, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act, get, path } from "@/api/client";
import { Icon } from "@/marks/icons";
import { duration } from "@/model/pace";
import { day, number } from "@/model/words";
import { useAccount } from "@/reading/numbers";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";

export interface Outlook {
  count: number;
  seconds: number | null;
  ends_at: string | null;
  words: string | null;
  daily_cap: number | null;
  grows: boolean;
  /** Of a number of the Cloud API: people that it may write to first in 24 hours, and what counts by now. */
  reach: number | null;
  reach_used: number;
  days: number | null;
  hours: { opens: string; closes: string; zone: string } | null;
  delay_seconds: [number, number] | null;
}

export function useOutlook(sender: Sender | null, people: number) {
  const wanted = sender !== null && people > 0 && sender.kind.startsWith("whatsapp");
  return useQuery({
    queryKey: ["outlook", sender?.id, sender?.version, people],
    queryFn: () => get<Outlook>(path(`/senders/${sender?.id}/outlook`, { count: people })),
    enabled: wanted,
    placeholderData: (old) => old,
  });
}

const CONSENT = "homing.whatsapp-risk";
export const riskTaken = (): boolean => localStorage.getItem(CONSENT) === "yes";

export function Limits({ sender, people, taken }: { sender: Sender; people: number; taken: () => void }) {
  const outlook = useOutlook(sender, people).data;
  if (sender.kind === "whatsapp_cloud") return <Reach sender={sender} people={people} of={outlook} />;
  return (
    <Stack gap="sm">
      {outlook && <Told of={outlook} />}
      <Caps sender={sender} />
      <Risk taken={taken} />
    </Stack>
  );
}

/** The number's quality and limit as WhatsApp told them, and what they mean for so many people. */
function Reach({ sender, people, of }: { sender: Sender; people: number; of: Outlook | undefined }) {
  const account = useAccount(sender.id).data;
  const quality = words.quality[account?.quality ?? ""];
  return (
    <Stack gap={6}>
      {account?.people_per_day != null && (
        <Text size="sm" data-testid="reach">
          <b>
            {words.peopleADay(number(account.people_per_day))}
            {people > 0 && of?.days ? `; ${words.days(of.days)}` : ""}
          </b>
          {people > 0 && of?.ends_at && of.days && of.days > 1 ? `, ${words.ends(day(of.ends_at))}` : ""}
          {of?.reach_used ? words.reachUsed(number(of.reach_used)) : ""}. {words.goesOnByItself}
        </Text>
      )}
      {account?.limit?.includes("UNLIMITED") && (
        <Text size="sm" data-testid="reach">
          {words.noLimit}
        </Text>
      )}
      {quality && (
        <Text size="sm" data-testid="quality">
          {words.qualityIs(quality)}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {words.whatIsLimited}
      </Text>
    </Stack>
  );
}

function Told({ of }: { of: Outlook }) {
  const parts = [
    of.delay_seconds ? words.betweenTwo(...of.delay_seconds) : words.noPausesBetween,
    of.daily_cap === null ? words.noCap : words[of.grows ? "growing" : "aDay"](number(of.daily_cap)),
    of.hours ? `${of.hours.opens}-${of.hours.closes} (${of.hours.zone})` : words.anyHour,
  ];
  return (
    <Text size="sm" data-testid="honest">
      <b>
        {of.seconds === null || !of.ends_at ? words.asFastAsTaken : words.lasts(duration(of.seconds), day(of.ends_at))}
      </b>
      : {parts.join(", ")}.
    </Text>
  );
}

function Caps({ sender }: { sender: Sender }) {
  const client = useQueryClient();
  const [daily, setDaily] = useState<number | string>(Number(sender.options.daily_new ?? 0) || "");
  const [hours, setHours] = useState(String(sender.options.hours ?? ""));
  const save = useMutation({
    mutationFn: () =>
      act({
        method: "PATCH",
        route: `/senders/${sender.id}`,
        body: { daily_new: daily === "" ? null : daily, hours: hours.trim() || null },
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["senders"] });
      void client.invalidateQueries({ queryKey: ["outlook"] });
    },
  });
  return (
    <Group align="flex-end" gap="sm">
      <NumberInput
        label={words.aDayAtMost}
        placeholder={words.twentyGrowing}
        value={daily}
        onChange={setDaily}
        min={1}
        max={100_000}
        allowDecimal={false}
        w={150}
      />
      <TextInput
        label={words.between}
        placeholder={words.hoursOrOff}
        value={hours}
        onChange={(event) => setHours(event.currentTarget.value)}
        w={170}
      />
      <Button variant="default" loading={save.isPending} onClick={() => save.mutate()}>
        {words.changeLimits}
      </Button>
      {save.error && (
        <Text size="sm" c="red" role="alert">
          {save.error.message}
        </Text>
      )}
    </Group>
  );
}

function Risk({ taken }: { taken: () => void }) {
  const [yes, setYes] = useState(riskTaken);
  return (
    <Alert color="orange" icon={<Icon name="hand" />} title={words.mayBan} data-testid="risk">
      <Text size="sm">{words.risk}</Text>
      <Checkbox
        mt="sm"
        label={words.riskTaken}
        checked={yes}
        onChange={(event) => {
          localStorage.setItem(CONSENT, event.currentTarget.checked ? "yes" : "no");
          setYes(event.currentTarget.checked);
          taken();
        }}
      />
    </Alert>
  );
}
