// Colours and letters of the whole message.

import { Button, Popover, SegmentedControl, Stack } from "@mantine/core";
import type { Look } from "@/model/design";

const COLOURS: readonly [Exclude<keyof Look, "font">, string][] = [
  ["accent", "Buttons and links"],
  ["ink", "Words"],
  ["paper", "Behind the blocks"],
  ["background", "Around the message"],
];

export function Looks({ look, set }: { look: Look; set: (part: Partial<Look>) => void }) {
  return (
    <Popover position="bottom-end" withinPortal trapFocus>
      <Popover.Target>
        <Button size="xs" variant="default">
          Colours and letters
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {COLOURS.map(([name, words]) => (
            <label key={name} className="block-colour">
              <input type="color" value={look[name]} onChange={(event) => set({ [name]: event.currentTarget.value })} />
              {words}
            </label>
          ))}
          <SegmentedControl
            size="xs"
            aria-label="Letters"
            value={look.font}
            onChange={(font) => set({ font: font as Look["font"] })}
            data={[
              { value: "sans", label: "Sans" },
              { value: "serif", label: "Serif" },
            ]}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
