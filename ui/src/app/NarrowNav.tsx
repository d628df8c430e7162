// The navigation in a drawer, on a narrow screen.

import { Drawer } from "@mantine/core";
import { Places } from "./Places";

export function NarrowNav({ close }: { close: () => void }) {
  return (
    <Drawer opened onClose={close} title="Homing" size={260}>
      <Places />
    </Drawer>
  );
}
