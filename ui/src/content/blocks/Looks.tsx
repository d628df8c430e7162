// Colours and letters of the whole message.

import { Button, Popover, SegmentedControl, Stack } from "@mantine/core";
import type { Look } from "@/model/design";
import { words } from "@/words/templates";

const colours = (): [Exclude<keyof Look, "font">, string][] => [
  ["accent", words.buttonsAndLinks],
  ["ink", words.inkWords],
  ["paper", words.paper],
  ["background", words.around],
];

export function Looks({ look, set }: { look: Look; set: (part: Partial<Look>) => void }) {
  return (
    <Popover position="bottom-end" withinPortal trapFocus>
      <Popover.Target>
        <Button size="xs" variant="default">
          {words.coloursAndLetters}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {colours().map(([name, called]) => (
            <label key={name} className="block-colour">
              <input type="color" value={look[name]} onChange={(event) => set({ [name]: event.currentTarget.value })} />
              {called}
            </label>
          ))}
          <SegmentedControl
            size="xs"
            aria-label={words.letters}
            value={look.font}
            onChange={(font) => set({ font: font as Look["font"] })}
            data={[
              { value: "sans", label: words.sans },
              { value: "serif", label: words.serif },
            ]}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
