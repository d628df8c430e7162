// The draft that is being written: in the page at once, in localStorage on each change, on the server a moment later.

import { useCallback, useEffect, useRef, useState } from "react";
import { isAway, Problem } from "@/api/problem";
import { useLayer } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { words } from "@/words/composer";
import { create, type Draft, load, save, type Wishes } from "../drafts";

const LATER_MS = 700;
const LOCAL = "homing.draft.";

/** The draft that the open composer began: only its address changes, under the hands of who writes. */
let begun: string | null = null;

export const hasBegunHere = (id: string) => begun === id;

export type Saving = "saved" | "saving" | "waiting" | "conflict" | "refused" | "new";

const START: Wishes = {
  name: "",
  channel: "email",
  mode: "server",
  audience: {},
  subject: "",
  preheader: "",
  text: "",
  html: "",
  whatsapp_template: null,
  whatsapp: null,
  prefer: null,
  senders: [],
  from: "",
  reply_to: "",
  start_at: null,
  window: null,
  canary: null,
  stop_if_failed: null,
  tracking: { opens: false, clicks: false },
};

export interface Writing {
  id: string | null;
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  /** What goes without saying: a draft that nobody has written into is not begun for it. */
  presume: (changes: Partial<Wishes>) => void;
  saving: Saving;
  problem: Problem | null;
  theirs: Draft | null;
  keep: (whose: "yours" | "theirs") => void;
  loading: boolean;
  missing: unknown;
  /** Everything is on the server, or raises why not. */
  flush: () => Promise<Draft>;
  draft: Draft | null;
  /** Reads it from the server again: its files have changed. */
  reread: () => Promise<void>;
}

function wishesOf(draft: Draft): Wishes {
  const found: Record<string, unknown> = {};
  for (const [name, fallback] of Object.entries(START)) found[name] = draft[name as keyof Wishes] ?? fallback;
  return found as unknown as Wishes;
}

/** `given`: what a page that leads here has chosen already (people, a template). */
export function useDraft(given: string | null, first: Partial<Wishes>): Writing {
  const layer = useLayer();
  const [id, setId] = useState(given);
  const [wishes, setWishes] = useState<Wishes>(() => ({ ...START, ...first, ...(given === null ? {} : kept(given)) }));
  const [draft, setDraft] = useState<Draft | null>(null);
  const [saving, setSaving] = useState<Saving>("new");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [theirs, setTheirs] = useState<Draft | null>(null);
  const [missing, setMissing] = useState<unknown>(null);
  const pending = useRef<Partial<Wishes>>(given === null ? first : (kept(given) as Partial<Wishes>));
  const control = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const flying = useRef<Promise<Draft> | null>(null);
  const current = useRef(id);
  current.current = id;

  const took = useCallback(
    (told: Draft) => {
      control.current = told.control;
      setDraft(told);
      layer.took(told as Campaign);
    },
    [layer],
  );

  useEffect(() => {
    begun = null;
    if (given === null) return;
    load(given).then(
      (told) => {
        took(told);
        setWishes({ ...wishesOf(told), ...pending.current });
        setSaving(Object.keys(pending.current).length > 0 ? "waiting" : "saved");
      },
      (error: unknown) => setMissing(error),
    );
  }, [given, took]);

  const send = useCallback(async (): Promise<Draft> => {
    const changes = pending.current;
    pending.current = {};
    setSaving("saving");
    try {
      const told =
        current.current === null
          ? await create({ name: words.untitled, ...changes })
          : await save(current.current, changes, control.current);
      if (current.current === null) {
        current.current = told.id;
        begun = told.id;
        setId(told.id);
        history.replaceState(null, "", `/campaigns/${told.id}/edit`);
      }
      took(told);
      setProblem(null);
      setSaving("saved");
      localStorage.removeItem(LOCAL + told.id);
      return told;
    } catch (error) {
      pending.current = { ...changes, ...pending.current };
      if (error instanceof Problem && error.status === 412 && current.current) {
        setTheirs(await load(current.current));
        setSaving("conflict");
      } else if (isAway(error)) setSaving("waiting");
      else {
        setProblem(error instanceof Problem ? error : new Problem(0, "bug", String(error)));
        setSaving("refused");
      }
      throw error;
    }
  }, [took]);

  const flush = useCallback(async (): Promise<Draft> => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    if (flying.current) await flying.current.catch(() => undefined);
    flying.current = send().finally(() => {
      flying.current = null;
    });
    return flying.current;
  }, [send]);

  const later = useCallback(() => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(() => void flush().catch(() => undefined), LATER_MS);
  }, [flush]);

  const set = useCallback(
    (changes: Partial<Wishes>) => {
      pending.current = { ...pending.current, ...changes };
      setWishes((old) => ({ ...old, ...changes }));
      if (current.current) localStorage.setItem(LOCAL + current.current, JSON.stringify(pending.current));
      setSaving("saving");
      later();
    },
    [later],
  );

  const presume = useCallback(
    (changes: Partial<Wishes>) => {
      if (current.current) return set(changes);
      pending.current = { ...pending.current, ...changes };
      setWishes((old) => ({ ...old, ...changes }));
    },
    [set],
  );

  const keep = (whose: "yours" | "theirs") => {
    if (!theirs) return;
    took(theirs);
    setTheirs(null);
    if (whose === "yours") later();
    else {
      pending.current = {};
      localStorage.removeItem(LOCAL + theirs.id);
      setWishes(wishesOf(theirs));
      setSaving("saved");
    }
  };

  // Back on the line: what waited is sent.
  useEffect(
    () =>
      layer.subscribe(() => {
        if (
          layer.state().link.status === "open" &&
          Object.keys(pending.current).length > 0 &&
          !timer.current &&
          !flying.current
        )
          if (saving === "waiting") later();
      }),
    [layer, later, saving],
  );

  const reread = useCallback(async () => {
    if (current.current) took(await load(current.current));
  }, [took]);
  const loading = given !== null && draft === null && missing === null;
  return { id, wishes, set, presume, saving, problem, theirs, keep, loading, missing, flush, draft, reread };
}

function kept(id: string): Partial<Wishes> {
  try {
    return JSON.parse(localStorage.getItem(LOCAL + id) ?? "{}") as Partial<Wishes>;
  } catch {
    return {};
  }
}
