// The uploads of this tab as React reads them.

import { useEffect, useSyncExternalStore } from "react";
import { useLink } from "@/live/useLive";
import { onUploads, type Upload, uploads, wake } from "./upload";

export function useUpload(id: string): Upload | null {
  const all = useSyncExternalStore(onUploads, uploads);
  const open = useLink().status === "open";
  useEffect(() => {
    if (open) wake();
  }, [open]);
  return all.find((each) => each.id === id) ?? null;
}
