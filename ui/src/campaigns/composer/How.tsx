// Who must stay for it, when it starts, and what makes it stop.

import { Checkbox, Group, NumberInput, Radio, Stack, Text, TextInput } from "@mantine/core";
import { adviseServer, duration } from "@/model/pace";
import { atWall, wallTime } from "@/model/zone";
import { useZone } from "@/reading/people";
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
        label="Who must stay for it"
        value={wishes.mode}
        onChange={(value) => set({ mode: value as Wishes["mode"] })}
      >
        <Stack gap={8} mt={6}>
          <Radio
            value="server"
            label={`Send via Cloud${server ? " (advised)" : ""}`}
            description="The server sends. Close the browser, turn off the computer: it goes on."
          />
          <Radio
            value="attended"
            disabled={both}
            label={`Send while I watch${people > 0 && !server && !both ? " (fine for so few)" : ""}`}
            description={
              both
                ? "Over both channels the server sends; nobody has to watch."
                : "Sends only while a browser watches. It pauses within 3 seconds of losing you, and goes on with the exact next recipient."
            }
          />
        </Stack>
      </Radio.Group>
      <Text size="sm" role="status" data-testid="advice">
        {people === 0
          ? "Choose people to see how long it takes."
          : both
            ? `${duration(Math.max(1, seconds))}: the server sends it.`
            : server
              ? `${duration(Math.max(1, seconds))}: choose Send via Cloud.`
              : `${duration(Math.max(1, seconds))}: either is fine.`}
      </Text>
      <Radio.Group
        label="When"
        value={wishes.start_at ? "later" : "now"}
        onChange={(value) => set({ start_at: value === "later" ? soon() : null })}
      >
        <Group mt={6}>
          <Radio value="now" label="As soon as I press Send" />
          <Radio value="later" label="At a set time" />
        </Group>
      </Radio.Group>
      {wishes.start_at && (
        <TextInput
          type="datetime-local"
          label={`Start, in ${zone}`}
          value={wallTime(wishes.start_at, zone)}
          onChange={(event) =>
            event.currentTarget.value && set({ start_at: atWall(event.currentTarget.value, zone).toISOString() })
          }
          maw={260}
        />
      )}
      <div>
        <Checkbox
          label="Only in certain hours"
          checked={wishes.window !== null}
          onChange={(event) =>
            set({ window: event.currentTarget.checked ? { opens: "08:00", closes: "20:00", zone } : null })
          }
        />
        {wishes.window && (
          <Group mt={8}>
            <TextInput
              type="time"
              aria-label="From"
              value={wishes.window.opens}
              onChange={(event) =>
                wishes.window && set({ window: { ...wishes.window, opens: event.currentTarget.value } })
              }
            />
            <TextInput
              type="time"
              aria-label="Until"
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
          label="Try it on the first"
          description="Then it waits for your approval; empty: no trial"
          value={wishes.canary ?? ""}
          onChange={(value) => set({ canary: typeof value === "number" && value > 0 ? value : null })}
          min={0}
          max={1_000_000}
          allowDecimal={false}
        />
        <NumberInput
          label="Stop if more than % fail"
          description="Empty: 5; 0 never stops"
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
    <Stack gap={6} role="group" aria-label="What is counted of what readers do">
      <Checkbox
        label="Count opens"
        description="By a small picture in the HTML; a guess, since many programs load pictures by themselves."
        checked={tracking.opens}
        onChange={(event) => set({ tracking: { ...tracking, opens: event.currentTarget.checked } })}
      />
      <Checkbox
        label="Count clicks"
        description="Links of the HTML go by this server, signed. Who clicked what is forgotten after 90 days."
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
