// Uploads under way in this tab. The server says how much is safe; after any doubt it is asked, and nothing is guessed.

import { actFully, ask, path } from "@/api/client";
import { isAway, NoAnswer, Problem } from "@/api/problem";
import type { Import, ImportOptions } from "@/model/imports";
import { words } from "@/words/wizard";
import { sumOf } from "./hash";
import { forgetFile, keepFile, keepSafe, keptFile, keptHere, keptSafe } from "./shelf";

const PART = 1 << 20;
const LEAST_PART = 1 << 16;
const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

export interface Upload {
  id: string;
  name: string;
  size: number;
  /** Bytes that the server has for good. */
  safe: number;
  status: "sending" | "waiting" | "refused";
  /** When it is tried again, while it waits. */
  next: number | null;
  /** Whether the last try was waited for in vain, and not cut. */
  late: boolean;
  problem: string | null;
}

const running = new Map<string, Upload>();
const heardBy = new Set<() => void>();
const dropped = new Set<string>();
const sleepers = new Set<() => void>();
let shown: readonly Upload[] = [];

export const uploads = (): readonly Upload[] => shown;

export function onUploads(hear: () => void): () => void {
  heardBy.add(hear);
  return () => heardBy.delete(hear);
}

function set(id: string, change: Partial<Upload>): void {
  const old = running.get(id);
  if (old) running.set(id, { ...old, ...change });
  tell();
}

function tell(): void {
  shown = [...running.values()];
  for (const hear of heardBy) hear();
}

/** The connection is back: whoever waits tries now. */
export function wake(): void {
  for (const rise of sleepers) rise();
}

addEventListener("online", wake);

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const rise = () => {
      clearTimeout(timer);
      sleepers.delete(rise);
      resolve();
    };
    const timer = setTimeout(rise, ms);
    sleepers.add(rise);
  });
}

/**
 * Announces a file and begins to send it; the same file that is still on its way goes on. Gives the import as the server
 * tells it, as soon as it knows of it. Raises a Problem when the server refuses it or does not answer.
 */
export async function send(
  file: File,
  options: Partial<ImportOptions> = {},
  told: (share: number) => void = () => undefined,
): Promise<Import> {
  const sum = await sumOf(file, told);
  const body = { fileName: file.name, size: file.size, sha256: sum, options };
  const made = (await actFully<Import>({ method: "POST", route: "/imports", body })).body;
  const { importId, offset } = made;
  dropped.delete(importId);
  if (!running.has(importId)) {
    void keepFile(importId, file);
    void carry(importId, file, offset);
  }
  return made;
}

/** Goes on with what an earlier visit has left in this browser. */
export async function goOn(): Promise<void> {
  for (const id of keptHere()) {
    if (running.has(id)) continue;
    const file = await keptFile(id);
    if (file) void carry(id, file, null);
    else void forgetFile(id);
  }
}

/** No more of it is sent from here. */
export function drop(id: string): void {
  dropped.add(id);
  running.delete(id);
  void forgetFile(id);
  tell();
  wake();
}

/** One tab sends a file; another that has it too stands by until the first is gone. */
async function carry(id: string, file: File, offset: number | null): Promise<void> {
  const whole = () => carryAlone(id, file, offset);
  if (!navigator.locks) return whole();
  await navigator.locks.request(`homing-upload-${id}`, whole);
}

async function carryAlone(id: string, file: File, offset: number | null): Promise<void> {
  running.set(id, {
    id,
    name: file.name,
    size: file.size,
    safe: offset ?? keptSafe(id),
    status: "sending",
    next: null,
    late: false,
    problem: null,
  });
  tell();
  let safe = offset;
  let part = PART;
  let wait = FIRST_WAIT_MS;
  while (!dropped.has(id)) {
    try {
      safe ??= await safeBytes(id);
      set(id, { safe, status: "sending", next: null });
      keepSafe(id, safe);
      if (safe >= file.size) break;
      safe = await sendPart(id, file, safe, part);
      wait = FIRST_WAIT_MS;
      part = Math.min(PART, part * 2);
    } catch (error) {
      safe = null;
      if (!(await survives(id, error, wait))) break;
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
      if (error instanceof NoAnswer && error.late) part = Math.max(LEAST_PART, part >> 2);
    }
  }
  if (running.get(id)?.status === "refused") return;
  running.delete(id);
  await forgetFile(id);
  tell();
}

/** Whether it is worth another try; waits for it. */
async function survives(id: string, error: unknown, wait: number): Promise<boolean> {
  if (error instanceof Problem && error.status === 409 && error.code === "offset") return true;
  if (error instanceof Problem && (error.status === 404 || error.code === "state")) return false; // cancelled, or all is there
  if (!isAway(error) && !(error instanceof Problem && error.status === 429)) {
    set(id, { status: "refused", problem: error instanceof Error ? error.message : String(error) });
    return false;
  }
  const nap = Math.round(wait * (0.75 + Math.random() / 2));
  set(id, { status: "waiting", next: Date.now() + nap, late: error instanceof NoAnswer && error.late });
  await sleep(nap);
  return true;
}

async function safeBytes(id: string): Promise<number> {
  const { headers } = await ask(path(`/imports/${id}/file`), { method: "HEAD" });
  return offsetOf(headers);
}

async function sendPart(id: string, file: File, safe: number, part: number): Promise<number> {
  const { headers } = await actFully({
    method: "PUT",
    route: `/imports/${id}/file`,
    body: file.slice(safe, safe + part),
    headers: { "Upload-Offset": String(safe), "Content-Type": "application/octet-stream" },
    patience: PATIENCE_MS,
  });
  return offsetOf(headers);
}

function offsetOf(headers: Headers): number {
  const found = Number(headers.get("upload-offset") ?? Number.NaN);
  if (!Number.isFinite(found)) throw new Problem(0, "no_offset", words.noAnswerHowMuch);
  return found;
}

/** Once more what the server has refused. False: the browser has not kept the file. */
export async function again(id: string): Promise<boolean> {
  const file = await keptFile(id);
  if (!file) return false;
  running.delete(id);
  void carry(id, file, null);
  return true;
}
