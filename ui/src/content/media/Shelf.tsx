// Where files are dropped, how far they are, and what is in the library.

import { Button, Group, Progress, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { get, path } from "@/api/client";
import type { Media } from "@/api/schema";
import { useLink, useTick } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { words } from "@/words/media";
import { fresh, type Going, type Medium, type Uploads } from "./medium";

const TAKES = "image/png,image/jpeg,image/gif,image/webp,application/pdf";

export function Drop({ uploads, items }: { uploads: Uploads; items: readonly Going[] }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <section
      className="drop"
      aria-label={words.upload}
      style={{ padding: "20px 16px", marginBottom: 14 }}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        uploads.add(...fresh(event.dataTransfer.files));
      }}
    >
      <Group justify="center" gap="sm">
        <Text size="sm">{words.dropHere}</Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="upload" size={15} />}
          onClick={() => input.current?.click()}
        >
          {words.chooseFiles}
        </Button>
        <input
          ref={input}
          type="file"
          multiple
          accept={TAKES}
          hidden
          aria-label={words.files}
          onChange={(event) => {
            uploads.add(...fresh(event.currentTarget.files ?? []));
            event.currentTarget.value = "";
          }}
        />
      </Group>
      <Text size="xs" c="dimmed" mt={6}>
        {words.whatItTakes}
      </Text>
      {items.map((each) => (
        <OnItsWay key={each.key} of={each} uploads={uploads} />
      ))}
    </section>
  );
}

function OnItsWay({ of, uploads }: { of: Going; uploads: Uploads }) {
  const lost = useLink().status === "lost";
  return (
    <div style={{ textAlign: "left", marginTop: 12 }} data-testid="upload">
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {of.name}
        </Text>
        <Group gap={6} wrap="nowrap">
          {(of.state === "failed" || of.state === "cut") && !lost && (
            <Button size="compact-xs" variant="default" onClick={() => uploads.again(of.key)}>
              {words.retry}
            </Button>
          )}
          {of.state !== "sending" && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => uploads.drop(of.key)}>
              {words.drop}
            </Button>
          )}
        </Group>
      </Group>
      <Progress
        value={of.share * 100}
        size="sm"
        color={of.state === "failed" ? "red.7" : of.state === "cut" ? "yellow.6" : "teal.7"}
        aria-label={words.howFar(of.name, Math.round(of.share * 100))}
        my={4}
      />
      <Text size="xs" c={of.state === "failed" ? "red" : "dimmed"} role={of.state === "failed" ? "alert" : "status"}>
        {told(of)}
      </Text>
    </div>
  );
}

function told(of: Going): string {
  if (of.state === "waiting") return words.waits;
  if (of.state === "cut") return words.cut;
  if (of.state === "failed") return of.words ?? words.refused;
  return of.share < 1 ? words.sent(Math.round(of.share * 100)) : words.looksAtIt;
}

/** The library page by page; `children`: what can be done with one. */
export function Shelf({ children }: { children: (of: Medium) => ReactNode }) {
  const tick = useTick("media");
  const found = useInfiniteQuery({
    queryKey: ["media"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => get<Media>(path("/media", { limit: 60, cursor: pageParam })),
    getNextPageParam: (page) => page.next,
  });
  const { refetch } = found;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fact about the library is the signal
  useEffect(() => {
    void refetch();
  }, [tick]);
  const rows = found.data?.pages.flatMap((each) => each.items) ?? [];
  if (found.isPending && !found.error) return <Loading rows={2} height={150} />;
  if (found.error && rows.length === 0) return <Trouble error={found.error} again={() => void found.refetch()} />;
  if (rows.length === 0)
    return (
      <Empty icon="picture" title={words.noneYet}>
        {words.whatFor}
      </Empty>
    );
  return (
    <>
      <ul className="shelf" aria-label={words.library}>
        {rows.map((each) => (
          <li key={each.id} className="card" data-testid="medium">
            <div className="shelf-sight">
              {each.width === null ? (
                <Icon name="templates" size={40} />
              ) : (
                <img src={each.path} alt={each.name} loading="lazy" />
              )}
            </div>
            {children(each)}
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Group justify="center" mt="sm">
          <Button
            variant="default"
            size="xs"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {words.showMore}
          </Button>
        </Group>
      )}
    </>
  );
}
