// One conversation: both sides in their order, receipts, the way out, the box to answer; and who they are.

import { Alert, Anchor, Group, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { act } from "@/api/client";
import { Marked } from "@/campaigns/composer/Phone";
import { useLink } from "@/live/useLive";
import { Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { TICKS } from "@/model/chat";
import { reasonWords } from "@/model/reason";
import { day, time } from "@/model/words";
import { useWishes } from "@/outbox/useOutbox";
import { type Message, type Thread as Told, useThread } from "@/reading/conversations";
import { words } from "@/words/conversations";
import { Answer, routeOf } from "./Answer";
import { useFileAnswers } from "./useFiles";

export function Thread({ address }: { address: string }) {
  const client = useQueryClient();
  const found = useThread(address);
  const lost = useLink().status === "lost";
  const end = useRef<HTMLDivElement>(null);
  const waiting = useWishes().filter((each) => each.route === routeOf(address));
  const { answers, items: files } = useFileAnswers(address);
  const count = (found.data?.messages.length ?? 0) + waiting.length + files.length;
  const heard = found.data?.messages.filter((each) => each.direction === "in").length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new message is the signal
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [count]);
  useEffect(() => {
    if (heard === 0 || lost || document.visibilityState === "hidden") return;
    act({ method: "POST", route: `/conversations/${encodeURIComponent(address)}/read` }).then(
      () => {
        void client.invalidateQueries({ queryKey: ["conversations"] });
        void client.invalidateQueries({ queryKey: ["unread"] });
      },
      () => undefined, // who may only look marks nothing
    );
  }, [heard, lost, address, client]);
  if (!found.data)
    return found.error ? (
      <Trouble error={found.error} again={() => void found.refetch()} />
    ) : (
      <Loading rows={5} height={52} />
    );
  const { messages, contact } = found.data;
  return (
    <div className="card thread">
      <header className="thread-head">
        <Link href="/conversations" className="plain talks-back" aria-label={words.back}>
          <Icon name="left" size={18} />
        </Link>
        <div style={{ minWidth: 0 }}>
          <Title order={1} size="h4" style={{ overflowWrap: "anywhere" }}>
            {contact?.name || address}
          </Title>
          <Text size="sm" c="dimmed" className="num" style={{ overflowWrap: "anywhere" }}>
            {[address, contact?.email].filter(Boolean).join(" · ")}
          </Text>
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="thread-body" tabIndex={0} aria-label={words.oldestFirst} data-testid="thread">
        {messages.length === 0 && <Text c="dimmed">{words.nothingWritten}</Text>}
        {messages.map((each, place) => (
          <Line
            key={each.id ?? `${each.direction}${each.delivery ?? ""}${each.at}${each.text}`}
            of={each}
            first={dayOf(each) !== dayOf(messages[place - 1])}
          />
        ))}
        {waiting.map((each) => (
          <div key={each.key} className="bubble bubble-out" data-testid="waiting">
            <Marked text={(each.body as { text: string }).text} />
            <span className="bubble-time">
              <Icon name="wait" size={12} /> {lost ? words.keptUntilBack : words.onItsWay}
            </span>
          </div>
        ))}
        {files.map((each) => (
          <div key={each.key} className="bubble bubble-out" data-testid="waiting">
            <span className="bubble-kind">[{each.file.name}]</span>
            {each.text && <Marked text={each.text} />}
            <span className="bubble-time">
              <Icon name={each.state === "failed" ? "cross" : "wait"} size={12} />{" "}
              {each.state === "failed"
                ? words.notSent(each.words)
                : lost || each.state === "cut"
                  ? words.keptWhileOpen
                  : `${Math.round(each.share * 100)} %`}
              {each.state === "failed" && (
                <Anchor component="button" type="button" inherit ml={6} onClick={() => answers.drop(each.key)}>
                  {words.drop}
                </Anchor>
              )}
            </span>
          </div>
        ))}
        <div ref={end} />
      </section>
      <Way of={found.data} />
      <Answer of={found.data} />
    </div>
  );
}

const dayOf = (of: Message | undefined): string => (of?.at ? new Date(of.at).toDateString() : "");

function Line({ of, first }: { of: Message; first: boolean }) {
  return (
    <>
      {first && <div className="thread-day">{of.at ? DAY.format(new Date(of.at)) : ""}</div>}
      <div
        className={of.direction === "out" ? "bubble bubble-out" : "bubble"}
        data-direction={of.direction}
        data-state={of.state ?? undefined}
      >
        {of.channel === "email" && <span className="bubble-kind">{words.email}</span>}
        {of.title !== null && (
          <span className="bubble-kind">
            {words.campaign}{" "}
            <Anchor
              component={Link}
              href={`/campaigns/${of.delivery?.split("/")[0]}`}
              inherit
              c="inherit"
              underline="always"
            >
              {of.title}
            </Anchor>
          </span>
        )}
        {of.media && <span className="bubble-kind">[{of.media}]</span>}
        {of.text && <Marked text={of.text} />}
        <span className="bubble-time num">
          {of.at ? time(of.at) : ""} {of.direction === "out" && <Receipt of={of} />}
        </span>
      </div>
    </>
  );
}

const DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "long" });

/** One tick, two ticks, read: sign and word; what failed says why. */
function Receipt({ of }: { of: Message }) {
  const ticks = TICKS[of.state ?? ""] ?? 0;
  const why = of.state === "failed" || of.state === "skipped" || of.state === "uncertain" ? reasonWords(of.reason) : "";
  const again = of.state === "queued" && of.next_try_at ? `, ${words.nextTry(time(of.next_try_at))}` : "";
  return (
    <span className="receipt" data-testid="receipt" title={of.words ?? undefined}>
      {ticks === 0 && <Icon name={of.state === "failed" ? "cross" : "wait"} size={12} />}
      {ticks > 0 && <Icon name="done" size={12} />}
      {ticks > 1 && <Icon name="done" size={12} style={{ marginLeft: -8 }} />}
      {words.receipt[of.state ?? ""] ?? of.state}
      {why && `: ${why}`}
      {again}
    </span>
  );
}

/** Until when free text may go, or why it may not. */
function Way({ of }: { of: Told }) {
  const way = of.ways.whatsapp;
  if (!way.open)
    return (
      <Alert color="orange" p="sm" radius={0} role="status" data-testid="closed">
        <Group gap="sm">
          <Text size="sm" style={{ flex: 1, minWidth: 200 }}>
            {way.words}
          </Text>
          {way.code === "no_connection" && <Link href="/senders">{words.connectDevice}</Link>}
          {way.code === "window_closed" && <Link href="/campaigns/new">{words.newCampaign}</Link>}
        </Group>
      </Alert>
    );
  if (!way.until) return null;
  return (
    <Text size="sm" c="dimmed" px="md" pt={8} data-testid="window">
      {words.freeTextUntil(day(way.until))}
    </Text>
  );
}
