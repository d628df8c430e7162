// Not built yet: says where it is done meanwhile.

import { Empty } from "@/marks/Empty";

export function Imports() {
  return (
    <Empty alone icon="wait" title="Not on this page yet">
      The command line does it meanwhile: homing --help.
    </Empty>
  );
}
