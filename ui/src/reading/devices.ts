// Linked WhatsApp devices, read anew with each fact about one.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useTick } from "@/live/useLive";
import type { Device } from "@/model/device";

export interface Devices {
  items: Device[];
  /** Whether this machine has what linked devices need; when not, what to install. */
  installed: boolean;
  install: string | null;
}

export function useDevices(enabled = true) {
  const tick = useTick("sender");
  return useQuery({
    queryKey: ["devices", tick],
    queryFn: () => get<Devices>(path("/devices")),
    placeholderData: (old) => old,
    enabled,
  });
}
