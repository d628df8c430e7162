// What would go wrong, found before anybody gets anything; and a test to yourself.

import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { Icon } from "@/marks/icons";
import { number } from "@/model/words";
import { type Account, type AtWhatsApp, useAccount } from "@/reading/numbers";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/checks";
import { fileOf } from "../drafts";
import { listed } from "./Approved";
import { CAPTION_LIMIT, TEXT_LIMIT } from "./Chat";
import { riskTaken } from "./Limits";
import type { Writing } from "./useDraft";
import { type Chosen, chatOf, isBoth, reached, type Tally, type Way, waysOf } from "./ways";

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
  const add: Add = (level, told) => checks.push({ level, words: told });
  const both = isBoth(wishes);
  if (!tally) add("red", words.chooseWho);
  else if (tally.reachable === 0) add("red", words.nobodyReachable);
  else add("ok", words.willGetIt(tally.reachable));
  for (const way of waysOf(wishes)) {
    const sender = chosen[way] ?? null;
    const said: Add = (level, told) => add(level, both ? words.ofWay(way, told) : told);
    if (both && tally?.by && reached(tally, wishes, way) === 0) add("warn", words.nobodyBy(way));
    if (way === "whatsapp") chatChecks(writing, sender, listed(account, chatOf(wishes).whatsapp_template), said);
    else letterChecks(writing, said);
    if (!sender) said("red", words.chooseSender);
    else if (sender.health === "down" || sender.health === "blocked")
      add("warn", words.senderTrouble(both ? sender.name : "", sender.health, sender.detail));
    else add("ok", words.senderIs(sender.name, sender.health));
    if (sender && way === "email" && !wishes.from.trim() && !sender.options.from) add("red", words.sayFrom);
  }
  if (wishes.start_at && new Date(wishes.start_at).getTime() < Date.now()) add("warn", words.timePassed);
  return checks;
}

/** What WhatsApp tells of the number that sends. */
export function useNumber({ whatsapp: of }: Chosen): Account | undefined {
  return useAccount(of?.kind === "whatsapp_cloud" ? of.id : null).data;
}

type Add = (level: Check["level"], told: string) => void;

function letterChecks({ wishes }: Writing, add: Add): void {
  if (!wishes.subject.trim()) add("red", words.writeSubject);
  if (!wishes.text.trim() && !wishes.html.trim()) add("red", words.writeMessage);
  else if (!wishes.text.trim()) add("ok", words.textFromHtml);
}

function chatChecks(writing: Writing, sender: Sender | null, at: AtWhatsApp | undefined, add: Add): void {
  const { text, whatsapp_template: template } = chatOf(writing.wishes);
  const file = fileOf(writing.draft);
  if (template && !template.name.trim()) add("red", words.nameTemplate);
  if (at?.media && !file) add("red", words.wantsInHeader[at.media]);
  if (template && sender?.kind === "whatsapp_linked") add("red", words.templatesForCloud);
  if (!template && !text.trim() && !file) add("red", words.writeMessage);
  if (!template && text.length > (file ? CAPTION_LIMIT : TEXT_LIMIT)) add("red", words.tooLong);
  if (!template && sender?.kind === "whatsapp_cloud") add("warn", words.freeTextReaches);
  if (sender?.kind === "whatsapp_linked" && !template && text.trim() && !text.includes("{{"))
    add("warn", words.sameWords);
  if (sender?.kind === "whatsapp_linked" && !riskTaken()) add("red", words.readRisk);
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
          {words.checkForEverybody}
        </Button>
      </Group>
      {waysOf(writing.wishes).map((way) => (
        <TestSend
          key={`${writing.wishes.channel}${way}`}
          writing={writing}
          way={way}
          ready={plain.every((each) => each.level !== "red" || each.words === words.chooseWho)}
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
    checks.push({ level: "ok", words: words.notKnownOf(name, number(many), text) });
  return checks;
}

function sentence({ words: told, mend }: Finding): string {
  const said = told.charAt(0).toUpperCase() + told.slice(1);
  return mend ? `${said}. ${mend.charAt(0).toUpperCase() + mend.slice(1)}.` : said;
}

const SIGN = { ok: "done", warn: "hand", red: "cross" } as const;
const COLOUR = {
  ok: "light-dark(#0b5c2b, #8fe3ad)",
  warn: "light-dark(#6b4700, #ffdf8f)",
  red: "light-dark(#9b1616, #ffb3b3)",
};

function Line({ check }: { check: Check }) {
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
        <Icon name={SIGN[check.level]} size={14} /> {words.sign[check.level]}
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
          label={isBoth(writing.wishes) ? words.testBy(way) : words.testTo}
          type={chat ? "tel" : "email"}
          required
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          placeholder={chat ? "+94711234567" : "you@example.org"}
          w={260}
        />
        <Button type="submit" variant="default" loading={test.isPending} disabled={!ready}>
          {words.sendTest}
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
  if (!of.accepted) return words.notSent([of.code, of.reason?.replaceAll("_", " ")].filter(Boolean).join(", "));
  return chat ? words.lookAtPhone : words.lookIntoMailbox;
}
