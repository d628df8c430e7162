// The uploads of this tab as React reads them.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useLocation } from "wouter";
import { useLink } from "@/live/useLive";
import { heard } from "@/reading/imports";
import { onUploads, send, type Upload, uploads, wake } from "./upload";

export function useUpload(id: string): Upload | null {
  const all = useSyncExternalStore(onUploads, uploads);
  const open = useLink().status === "open";
  useEffect(() => {
    if (open) wake();
  }, [open]);
  return all.find((each) => each.id === id) ?? null;
}

/** `send`, then the page of the import with what the server said of it: by then it may be gone and cannot be asked again. */
export function useSend(): (...what: Parameters<typeof send>) => Promise<void> {
  const client = useQueryClient();
  const [, go] = useLocation();
  return async (...what) => {
    const made = await send(...what);
    heard(client, made);
    go(`/imports/${made.importId}`);
  };
}
