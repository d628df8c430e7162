// Stored filters: whom each finds, in words; write to them, change, remove.

import { ActionIcon, Button, Group, Menu, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { act, get, path } from "@/api/client";
import type { FullSegment } from "@/api/schema";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { say } from "@/notices/toast";
import { type Segment, useSegments } from "@/reading/rooms";
import { words } from "@/words/contacts";
import { Places } from "../Places";

export function Segments() {
  const [, go] = useLocation();
  const found = useSegments();
  const items = found.data;
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {words.segments}
        </Title>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => go("/contacts/segments/new")}>
          {words.newSegment}
        </Button>
      </Group>
      <Places />
      {!items && !found.error && <Loading rows={4} height={60} />}
      {!items && found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {items?.length === 0 && (
        <Empty
          icon="tag"
          title={words.noSegments}
          act={<Button onClick={() => go("/contacts/segments/new")}>{words.newSegment}</Button>}
        >
          {words.whatASegmentIs}
        </Empty>
      )}
      {items && items.length > 0 && (
        <div className="card rows" data-testid="segments">
          {items.map((each) => (
            <Row key={each.id} of={each} />
          ))}
        </div>
      )}
    </div>
  );
}

function Row({ of }: { of: Segment }) {
  const [, go] = useLocation();
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const answer = useQuery({
    queryKey: ["segment", of.id, of.changed_at],
    queryFn: () => get<FullSegment>(path(`/segments/${of.id}`)),
  });
  const remove = async () => {
    try {
      await act({ method: "DELETE", route: `/segments/${of.id}` });
      say(words.segmentRemoved(of.name));
    } catch (error) {
      say(words.notRemoved, (error as Error).message, "red");
    }
    void client.invalidateQueries({ queryKey: ["segments"] });
  };
  return (
    <div className="row" style={{ gridTemplateColumns: "minmax(0,1fr) auto auto" }} data-segment={of.name}>
      <div style={{ minWidth: 0 }}>
        <Link href={`/contacts/segments/${of.id}`} className="plain name">
          {of.name}
        </Link>
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {answer.data?.explained ?? of.filter}
        </Text>
      </div>
      <span className="num small">
        {answer.data?.count !== undefined ? words.people(answer.data.count) : answer.error ? "-" : ""}
      </span>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label={words.moreAbout(of.name)}>
            <Icon name="more" size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="campaigns" size={16} />}
            onClick={() => go(`/campaigns/new?segment=${of.id}`)}
          >
            {words.writeToThem}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="contacts" size={16} />} onClick={() => go(`/contacts?segment=${of.id}`)}>
            {words.seeWho}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="draft" size={16} />} onClick={() => go(`/contacts/segments/${of.id}`)}>
            {words.change}
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            disabled={lost}
            onClick={() => void remove()}
          >
            {words.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
