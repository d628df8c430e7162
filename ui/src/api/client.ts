// The one way to the API: JSON both ways, errors as Problem, the workspace named on each request.

import { words } from "@/words/frame";
import { NoAnswer, Problem } from "./problem";
import type { DELETE, PATCH, POST, PUT } from "./schema";

export const BASE = "/api/v1";
const PATIENCE_MS = 15_000;
const WORKSPACE = "homing.workspace";

export function workspace(): string | null {
  return localStorage.getItem(WORKSPACE);
}

export function chooseWorkspace(id: string | null): void {
  if (id === null) localStorage.removeItem(WORKSPACE);
  else localStorage.setItem(WORKSPACE, id);
}

/** A path of the API, with what is known put into its query. */
export function path(route: string, query: Record<string, string | number | boolean | null | undefined> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${BASE}${route}?${text}` : `${BASE}${route}`;
}

interface Manner {
  /** An Idempotency-Key, so that a repetition does nothing twice. */
  key?: string;
  match?: string;
  headers?: Record<string, string>;
  patience?: number;
}

interface Routes {
  POST: POST;
  PATCH: PATCH;
  PUT: PUT;
  DELETE: DELETE;
}
type With<Body> = undefined extends Body ? { body?: Body } : { body: Body };
type Of<Method, Route> = Route extends { route: infer Path; body: infer Body }
  ? { method: Method; route: Path } & With<Body> & Manner
  : never;

/** What the API can be asked to do, as it describes itself: a route that there is, with a body that it takes. */
export type Act = { [Method in keyof Routes]: Of<Method, Routes[Method]> }[keyof Routes];

/** An act that was written down earlier. */
export interface Kept extends Manner {
  method: keyof Routes;
  route: string;
  body?: unknown;
}

export interface Answered<T> {
  body: T;
  etag: string | null;
  headers: Headers;
}

export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await ask<T>(url, signal ? { signal } : {})).body;
}

/** Does something. */
export async function act<T>(wish: Act): Promise<T> {
  return (await actFully<T>(wish)).body;
}

export const actFully = <T>(wish: Act): Promise<Answered<T>> => sent<T>(wish);

/** What was kept for later: what it asks for was checked when it was written down. */
export async function again<T>(wish: Kept): Promise<T> {
  return (await sent<T>(wish)).body;
}

function sent<T>({ method, route, body, key, match, headers: more, patience }: Kept): Promise<Answered<T>> {
  const headers: Record<string, string> = { ...more };
  if (key) headers["Idempotency-Key"] = key;
  if (match) headers["If-Match"] = match;
  const raw = body instanceof Blob || body instanceof FormData;
  if (body !== undefined && !raw) headers["Content-Type"] = "application/json";
  const content = body === undefined ? {} : { body: raw ? body : JSON.stringify(body) };
  return ask<T>(route.startsWith("/api/") ? route : BASE + route, { method, headers, ...content }, patience);
}

export async function ask<T>(url: string, init: RequestInit, patience = PATIENCE_MS): Promise<Answered<T>> {
  const { answer, read } = await reach(url, init, patience, (each) => each.text());
  if (!answer.ok) throw refused(answer, read);
  return { body: parsed(read) as T, etag: answer.headers.get("etag"), headers: answer.headers };
}

/** A file that the API gives, as it is. */
export async function download(url: string, patience = 120_000): Promise<Blob> {
  const { answer, read } = await reach(url, {}, patience, (each) => each.blob());
  if (!answer.ok) throw refused(answer, await read.text());
  return read;
}

async function reach<Read>(
  url: string,
  init: RequestInit,
  patience: number,
  reading: (answer: Response) => Promise<Read>,
): Promise<{ answer: Response; read: Read }> {
  const here = workspace();
  const headers = new Headers(init.headers);
  if (here) headers.set("Homing-Workspace", here);
  const limits = [AbortSignal.timeout(patience), ...(init.signal ? [init.signal] : [])];
  try {
    const answer = await fetch(url, { ...init, headers, credentials: "same-origin", signal: AbortSignal.any(limits) });
    return { answer, read: await reading(answer) };
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new NoAnswer(error instanceof DOMException && error.name === "TimeoutError");
  }
}

function refused(answer: Response, text: string): Problem {
  const told = (parsed(text) ?? {}) as {
    code?: string;
    detail?: string;
    errors?: { pointer: string; detail: string }[];
  };
  return new Problem(
    answer.status,
    told.code ?? `http_${answer.status}`,
    told.detail ?? words.answered(answer.status),
    told.errors ?? [],
  );
}

function parsed(text: string): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
