// Where short words at the edge of the page appear. Loaded behind the first screen: nobody is told anything before it.

import { Notifications } from "@mantine/notifications";

export function Toasts() {
  return <Notifications position="bottom-right" limit={4} />;
}
