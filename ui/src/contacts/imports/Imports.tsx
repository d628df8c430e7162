// The history: which file, by whom, when, what became of it.

import { Button, Group, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { get, path } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import type { Import } from "@/model/imports";
import { time } from "@/model/words";
import { useImports } from "@/reading/imports";
import type { Paged } from "@/reading/rooms";
import { words } from "@/words/imports";
import { ImportRow } from "./ImportRow";

export function Imports() {
  const [, go] = useLocation();
  const lost = useLink().status === "lost";
  const found = useImports();
  const items = found.data?.items;
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {words.imports}
        </Title>
        <Button leftSection={<Icon name="upload" size={16} />} onClick={() => go("/imports/new")}>
          {words.importContacts}
        </Button>
      </Group>
      {lost && items && (
        <Text size="sm" c="dimmed" mb="sm">
          {words.asOf(time(found.dataUpdatedAt))}
        </Text>
      )}
      {!items && !found.error && <Loading rows={5} height={56} />}
      {!items && found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {items?.length === 0 && (
        <Empty
          icon="imports"
          title={words.noImports}
          act={<Button onClick={() => go("/imports/new")}>{words.importContacts}</Button>}
        >
          {words.whatIsListed}
        </Empty>
      )}
      {items && items.length > 0 && (
        <div className="card rows" data-testid="imports">
          {items.map((each) => (
            <ImportRow key={each.importId} of={each} />
          ))}
          {found.data?.next && <Older from={found.data.next} />}
        </div>
      )}
    </div>
  );
}

/** What is older than the first page: it does not move any more, so it is read once. */
function Older({ from }: { from: string }) {
  const found = useInfiniteQuery({
    queryKey: ["imports", "older", from],
    initialPageParam: from,
    enabled: false,
    queryFn: ({ pageParam }) => get<Paged<Import>>(path("/imports", { limit: 50, cursor: pageParam })),
    getNextPageParam: (page) => page.next,
  });
  const more = !found.data || found.hasNextPage;
  return (
    <>
      {found.data?.pages
        .flatMap((page) => page.items)
        .map((each) => (
          <ImportRow key={each.importId} of={each} />
        ))}
      {more && (
        <Group justify="center" p="sm">
          <Button
            size="xs"
            variant="default"
            loading={found.isFetching}
            onClick={() => void (found.data ? found.fetchNextPage() : found.refetch())}
          >
            {words.showOlder}
          </Button>
        </Group>
      )}
    </>
  );
}
