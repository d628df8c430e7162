// Who must stay for it, when it starts, and what makes it stop.

import { Checkbox, Group, NumberInput, Radio, Stack, Text, TextInput } from "@mantine/core";
import { adviseServer, duration } from "@/model/pace";
import { atWall, wallTime } from "@/model/zone";
import { useZone } from "@/reading/people";
import { words } from "@/words/composer";
import type { Wishes } from "../drafts";
import { useLasting } from "./useLasting";
import { type Chosen, isBoth, type Tally } from "./ways";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  tally: Tally | null;
  chosen: Chosen;
}

export function How({ wishes, set, tally, chosen }: Props) {
  const people = tally?.reachable ?? 0;
  const both = isBoth(wishes);
  const { seconds } = useLasting(wishes, chosen, tally);
  const server = adviseServer(people, seconds);
  const zone = useZone();
  return (
    <Stack gap="md">
      <Radio.Group
        label={words.whoMustStay}
        value={wishes.mode}
        onChange={(value) => set({ mode: value as Wishes["mode"] })}
      >
        <Stack gap={8} mt={6}>
          <Radio value="server" label={words.viaCloud(server)} description={words.serverSends} />
          <Radio
            value="attended"
            disabled={both}
            label={words.whileIWatch(people > 0 && !server && !both)}
            description={both ? words.bothByServer : words.onlyWatched}
          />
        </Stack>
      </Radio.Group>
      <Text size="sm" role="status" data-testid="advice">
        {people === 0
          ? words.choosePeople
          : words.advice[both ? "both" : server ? "server" : "either"](duration(Math.max(1, seconds)))}
      </Text>
      <Radio.Group
        label={words.when}
        value={wishes.start_at ? "later" : "now"}
        onChange={(value) => set({ start_at: value === "later" ? soon() : null })}
      >
        <Group mt={6}>
          <Radio value="now" label={words.atOnce} />
          <Radio value="later" label={words.later} />
        </Group>
      </Radio.Group>
      {wishes.start_at && (
        <TextInput
          type="datetime-local"
          label={words.startIn(zone)}
          value={wallTime(wishes.start_at, zone)}
          onChange={(event) =>
            event.currentTarget.value && set({ start_at: atWall(event.currentTarget.value, zone).toISOString() })
          }
          maw={260}
        />
      )}
      <div>
        <Checkbox
          label={words.certainHours}
          checked={wishes.window !== null}
          onChange={(event) =>
            set({ window: event.currentTarget.checked ? { opens: "08:00", closes: "20:00", zone } : null })
          }
        />
        {wishes.window && (
          <Group mt={8}>
            <TextInput
              type="time"
              aria-label={words.hourFrom}
              value={wishes.window.opens}
              onChange={(event) =>
                wishes.window && set({ window: { ...wishes.window, opens: event.currentTarget.value } })
              }
            />
            <TextInput
              type="time"
              aria-label={words.hourUntil}
              value={wishes.window.closes}
              onChange={(event) =>
                wishes.window && set({ window: { ...wishes.window, closes: event.currentTarget.value } })
              }
            />
            <Text size="sm" c="dimmed">
              {wishes.window.zone}
            </Text>
          </Group>
        )}
      </div>
      {wishes.channel !== "whatsapp" && <Counting wishes={wishes} set={set} />}
      <Group grow align="flex-start" gap="md">
        <NumberInput
          label={words.tryOnFirst}
          description={words.trial}
          value={wishes.canary ?? ""}
          onChange={(value) => set({ canary: typeof value === "number" && value > 0 ? value : null })}
          min={0}
          max={1_000_000}
          allowDecimal={false}
        />
        <NumberInput
          label={words.stopIfFailed}
          description={words.stopAt}
          value={wishes.stop_if_failed === null ? "" : Math.round(wishes.stop_if_failed * 1000) / 10}
          onChange={(value) => set({ stop_if_failed: typeof value === "number" ? value / 100 : null })}
          min={0}
          max={100}
          suffix=" %"
        />
      </Group>
    </Stack>
  );
}

function Counting({ wishes, set }: Pick<Props, "wishes" | "set">) {
  const { tracking } = wishes;
  return (
    <Stack gap={6} role="group" aria-label={words.counted}>
      <Checkbox
        label={words.countOpens}
        description={words.aboutOpens}
        checked={tracking.opens}
        onChange={(event) => set({ tracking: { ...tracking, opens: event.currentTarget.checked } })}
      />
      <Checkbox
        label={words.countClicks}
        description={words.aboutClicks}
        checked={tracking.clicks}
        onChange={(event) => set({ tracking: { ...tracking, clicks: event.currentTarget.checked } })}
      />
    </Stack>
  );
}

function soon(): string {
  const hour = new Date(Date.now() + 3_600_000);
  hour.setMinutes(0, 0, 0);
  return hour.toISOString();
}
