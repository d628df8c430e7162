// What would go wrong, found before anybody gets anything; and a test to yourself.

import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { Icon } from "@/marks/icons";
import { count, number } from "@/model/words";
import { type Account, type AtWhatsApp, useAccount } from "@/reading/numbers";
import type { Sender } from "@/reading/rooms";
import { fileOf } from "../drafts";
import { listed } from "./Approved";
import { CAPTION_LIMIT, TEXT_LIMIT } from "./Chat";
import { riskTaken } from "./Limits";
import type { Writing } from "./useDraft";
import { type Chosen, chatOf, isBoth, reached, type Tally, type Way, WORD, waysOf } from "./ways";

interface Finding {
  check: string;
  verdict: "ok" | "warn" | "fail";
  words: string;
  mend: string;
}

interface Found {
  findings: Finding[];
  total: number;
  failing: number;
  fallback: Record<string, { count: number; text: string }>;
}

export interface Check {
  level: "ok" | "warn" | "red";
  words: string;
}

/** What can be said without asking the server. */
export function plainChecks(
  writing: Writing,
  chosen: Chosen,
  tally: Tally | null,
  account: Account | undefined,
): Check[] {
  const { wishes } = writing;
  const checks: Check[] = [];
  const add = (level: Check["level"], words: string) => checks.push({ level, words });
  const both = isBoth(wishes);
  if (!tally) add("red", "Choose who gets it.");
  else if (tally.reachable === 0) add("red", "Nobody of the audience can be reached.");
  else add("ok", `${count(tally.reachable, "person", "people")} will get it`);
  for (const way of waysOf(wishes)) {
    const sender = chosen[way] ?? null;
    const said: Add = (level, words) => add(level, both ? `${NAMED[way]}: ${words}` : words);
    if (both && tally?.by && reached(tally, wishes, way) === 0)
      add("warn", `Nobody of the audience gets it by ${WORD[way]}.`);
    if (way === "whatsapp") chatChecks(writing, sender, listed(account, chatOf(wishes).whatsapp_template), said);
    else letterChecks(writing, said);
    if (!sender) said("red", "Choose a sender.");
    else if (sender.health === "down" || sender.health === "blocked")
      add("warn", `The sender ${both ? `${sender.name} ` : ""}is ${sender.health}: ${sender.detail ?? "see Senders"}`);
    else add("ok", `Sender ${sender.name} is ${sender.health}`);
    if (sender && way === "email" && !wishes.from.trim() && !sender.options.from) add("red", "Say who it is from.");
  }
  if (wishes.start_at && new Date(wishes.start_at).getTime() < Date.now())
    add("warn", "The set time has passed: it starts at once.");
  return checks;
}

/** What WhatsApp tells of the number that sends. */
export function useNumber({ whatsapp: of }: Chosen): Account | undefined {
  return useAccount(of?.kind === "whatsapp_cloud" ? of.id : null).data;
}

type Add = (level: Check["level"], words: string) => void;

const NAMED: Record<Way, string> = { email: "E-mail", whatsapp: "WhatsApp" };

function letterChecks({ wishes }: Writing, add: Add): void {
  if (!wishes.subject.trim()) add("red", "Write a subject.");
  if (!wishes.text.trim() && !wishes.html.trim()) add("red", "Write a message.");
  else if (!wishes.text.trim()) add("ok", "A text part is made from the HTML");
}

const WANTED = { image: "a picture", video: "a video", document: "a document" };

function chatChecks(writing: Writing, sender: Sender | null, at: AtWhatsApp | undefined, add: Add): void {
  const { text, whatsapp_template: template } = chatOf(writing.wishes);
  const file = fileOf(writing.draft);
  if (template && !template.name.trim()) add("red", "Name the template.");
  if (at?.media && !file) add("red", `The template wants ${WANTED[at.media]} in its header.`);
  if (template && sender?.kind === "whatsapp_linked")
    add("red", "Templates are for the Cloud API: choose such a sender, or write a text.");
  if (!template && !text.trim() && !file) add("red", "Write a message.");
  if (!template && text.length > (file ? CAPTION_LIMIT : TEXT_LIMIT)) add("red", "The text is too long.");
  if (!template && sender?.kind === "whatsapp_cloud")
    add("warn", "Free text reaches only people who wrote in the last 24 hours; to others use a template.");
  if (sender?.kind === "whatsapp_linked" && !template && text.trim() && !text.includes("{{"))
    add("warn", "Everybody gets the very same words: name them at least ({{ first_name }}), or it looks like spam.");
  if (sender?.kind === "whatsapp_linked" && !riskTaken())
    add("red", "Read the risk under Sender and pacing, and say so.");
}

export function Checks({ writing, chosen, tally }: { writing: Writing; chosen: Chosen; tally: Tally | null }) {
  const plain = plainChecks(writing, chosen, tally, useNumber(chosen));
  const scan = useMutation({
    mutationFn: async () => {
      const draft = await writing.flush();
      return act<Found>({ method: "POST", route: `/campaigns/${draft.id}/check`, patience: 60_000 });
    },
  });
  const found = scan.data ? told(scan.data) : [];
  return (
    <Stack gap="xs">
      {[...plain, ...found].map((each) => (
        <Line key={each.words} check={each} />
      ))}
      {scan.error && <Line check={{ level: "red", words: scan.error.message }} />}
      <Group mt="xs" gap="sm">
        <Button
          size="xs"
          variant="default"
          loading={scan.isPending}
          onClick={() => scan.mutate()}
          disabled={plain.some((each) => each.level === "red")}
        >
          Check the message for everybody
        </Button>
      </Group>
      {waysOf(writing.wishes).map((way) => (
        <TestSend
          key={`${writing.wishes.channel}${way}`}
          writing={writing}
          way={way}
          ready={plain.every((each) => each.level !== "red" || each.words.startsWith("Choose who"))}
        />
      ))}
    </Stack>
  );
}

/** What the server found, errors first; beside it who reads a fallback, which is no fault. */
export function told(of: Found): Check[] {
  const checks: Check[] = of.findings.map((each) => ({
    level: each.verdict === "fail" ? "red" : each.verdict,
    words: sentence(each),
  }));
  for (const [name, { count: many, text }] of Object.entries(of.fallback))
    checks.push({ level: "ok", words: `${name} is not known of ${number(many)}: they read "${text}"` });
  return checks;
}

function sentence({ words, mend }: Finding): string {
  const said = words.charAt(0).toUpperCase() + words.slice(1);
  return mend ? `${said}. ${mend.charAt(0).toUpperCase() + mend.slice(1)}.` : said;
}

const SIGN = { ok: ["done", "ok"], warn: ["hand", "warning"], red: ["cross", "to mend"] } as const;
const COLOUR = {
  ok: "light-dark(#0b5c2b, #8fe3ad)",
  warn: "light-dark(#6b4700, #ffdf8f)",
  red: "light-dark(#9b1616, #ffb3b3)",
};

function Line({ check }: { check: Check }) {
  const [icon, word] = SIGN[check.level];
  return (
    <Group gap={8} wrap="nowrap" align="flex-start" data-check={check.level}>
      <span
        style={{
          color: COLOUR[check.level],
          display: "inline-flex",
          gap: 5,
          minWidth: 82,
          fontSize: 13,
          alignItems: "center",
          paddingTop: 2,
        }}
      >
        <Icon name={icon} size={14} /> {word}
      </span>
      <Text size="sm">{check.words}</Text>
    </Group>
  );
}

function TestSend({ writing, way, ready }: { writing: Writing; way: Way; ready: boolean }) {
  const chat = way === "whatsapp";
  const kept = chat ? "homing.test-to-phone" : "homing.test-to";
  const [to, setTo] = useState(localStorage.getItem(kept) ?? "");
  const test = useMutation({
    mutationFn: async () => {
      const draft = await writing.flush();
      const answer = await act<Tried>({
        method: "POST",
        route: `/campaigns/${draft.id}/test`,
        body: { to: to.trim() },
        patience: 60_000,
      });
      localStorage.setItem(kept, to.trim());
      return answer;
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        test.mutate();
      }}
    >
      <Group align="flex-end" gap="sm" mt="xs">
        <TextInput
          label={isBoth(writing.wishes) ? `Send a test by ${WORD[way]} to` : "Send a test to"}
          type={chat ? "tel" : "email"}
          required
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          placeholder={chat ? "+94711234567" : "you@example.org"}
          w={260}
        />
        <Button type="submit" variant="default" loading={test.isPending} disabled={!ready}>
          Send test
        </Button>
        <Text size="sm" role="status">
          {test.error ? test.error.message : test.data ? outcome(test.data, chat) : ""}
        </Text>
      </Group>
    </form>
  );
}

interface Tried {
  accepted: boolean;
  reason: string | null;
  code: string | null;
}

function outcome(of: Tried, chat: boolean): string {
  if (!of.accepted) return `Not sent: ${[of.code, of.reason?.replaceAll("_", " ")].filter(Boolean).join(", ")}`;
  return chat ? "Handed over. Look at the phone." : "Handed over. Look into the mailbox.";
}
