// Imports as the API tells them, read anew while one moves, with the last copy for when the server is away.

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, path, workspace } from "@/api/client";
import { useLink, useTick } from "@/live/useLive";
import { type Import, moves } from "@/model/imports";
import type { Paged } from "./rooms";

const KEPT = "homing.imports.v1.";
const MOVING_MS = 700;
const LISTED_MS = 2_000;
const PAGE = 25;

interface Kept {
  at: number;
  items: Import[];
}

const shelf = () => KEPT + (workspace() ?? "default");

function kept(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(shelf()) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

/** Without what people's rows say: only what a list shows is kept in the browser. */
function keep(items: Import[]): void {
  const bare = items.slice(0, PAGE).map(({ preview: _preview, ...each }) => ({ ...each, errors: [], warnings: [] }));
  try {
    localStorage.setItem(shelf(), JSON.stringify({ at: Date.now(), items: bare }));
  } catch {
    // full or forbidden: the list is read anew when the server is back
  }
}

/** A page that was asked for before an import was made does not push it off the shelf. */
function keepPage(page: Import[]): void {
  const newest = page[0]?.createdAt ?? "";
  const later = (kept()?.items ?? []).filter((each) => (each.createdAt ?? "") > newest);
  keep([...later, ...page]);
}

function keepOne(of: Import): void {
  keep([of, ...(kept()?.items ?? []).filter((each) => each.importId !== of.importId)]);
}

/** Takes in what an act has told of an import, so that its page stands even when the server is gone by then. */
export function heard(client: QueryClient, of: Import): void {
  keepOne(of);
  client.setQueryData(["import", of.importId], of);
}

export function wipeImports(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(KEPT)) localStorage.removeItem(key);
}

/** The newest imports; while the server is away, the last copy of them with its time. */
export function useImports() {
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const tick = useTick("imports");
  const found = useQuery({
    queryKey: ["imports"],
    queryFn: async () => {
      const page = await get<Paged<Import>>(path("/imports", { limit: PAGE }));
      keepPage(page.items);
      return page;
    },
    initialData: () => {
      const old = kept();
      return old ? { items: old.items, next: null } : undefined;
    },
    initialDataUpdatedAt: () => kept()?.at,
    refetchInterval: (query) =>
      !lost && query.state.data?.items.some((each) => moves(each) || each.state === "uploading") ? LISTED_MS : false,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fact about an import is the signal
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["imports"] });
  }, [tick]);
  return found;
}

/** One import with its first rows, followed closely while it moves. */
export function useImport(id: string) {
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const tick = useTick(`imports:${id}`);
  const found = useQuery({
    queryKey: ["import", id],
    queryFn: async () => {
      const told = await get<Import>(path(`/imports/${id}`));
      keepOne(told);
      return told;
    },
    initialData: () => kept()?.items.find((each) => each.importId === id),
    initialDataUpdatedAt: () => kept()?.at,
    refetchInterval: (query) => {
      const now = query.state.data;
      if (lost || !now) return false;
      return moves(now) || now.state === "paused" || now.state === "uploading" ? MOVING_MS : false;
    },
  });
  const state = found.data?.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what this page sees first is news for the list in the header too
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["imports"] });
  }, [state]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fact about this import is the signal
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["import", id] });
  }, [tick]);
  return found;
}
