// Files on their way to the server, kept in this browser until they have arrived: a reload, or a tab that was closed, goes on
// without asking for the file again. Where the browser keeps none (private windows, no room), the person chooses it again.

import { workspace } from "@/api/client";

const NAME = "homing-uploads";
const STORE = "files";
const LISTED = "homing.uploads.v1";

interface Note {
  name: string;
  size: number;
  workspace: string;
  /** Bytes that the server last said it has. */
  safe?: number;
}

const here = () => workspace() ?? "default";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function using<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const tx = base.transaction(STORE, mode);
      const asked = act(tx.objectStore(STORE));
      tx.oncomplete = () => resolve(asked.result);
      tx.onerror = () => reject(tx.error);
      tx.onabort = () => reject(tx.error);
    });
  } finally {
    base.close();
  }
}

function notes(): Record<string, Note> {
  try {
    return JSON.parse(localStorage.getItem(LISTED) ?? "{}") as Record<string, Note>;
  } catch {
    return {};
  }
}

function note(id: string, value: Note | null): void {
  const { [id]: _old, ...rest } = notes();
  try {
    const left = value === null ? rest : { ...rest, [id]: value };
    if (Object.keys(left).length > 0) localStorage.setItem(LISTED, JSON.stringify(left));
    else localStorage.removeItem(LISTED);
  } catch {
    // full or forbidden: the upload itself goes on
  }
}

/** False when the browser does not keep it. */
export async function keepFile(id: string, file: File): Promise<boolean> {
  try {
    await using("readwrite", (store) => store.put(file, id));
    note(id, { name: file.name, size: file.size, workspace: here() });
    return true;
  } catch {
    return false;
  }
}

/** Keeps how far the server has it, for the page that is opened while it cannot be asked. */
export function keepSafe(id: string, safe: number): void {
  const { [id]: old } = notes();
  if (old) note(id, { ...old, safe });
}

export const keptSafe = (id: string): number => notes()[id]?.safe ?? 0;

export async function keptFile(id: string): Promise<File | null> {
  try {
    return ((await using("readonly", (store) => store.get(id))) as File | undefined) ?? null;
  } catch {
    return null;
  }
}

export async function forgetFile(id: string): Promise<void> {
  note(id, null);
  await using("readwrite", (store) => store.delete(id)).catch(() => undefined);
}

/** What of this workspace has not arrived yet. */
export const keptHere = (): string[] =>
  Object.entries(notes())
    .filter(([, each]) => each.workspace === here())
    .map(([id]) => id);
