// Messages kept under a name: take one over into a campaign, change, copy, remove.

import { ActionIcon, Button, Group, Menu, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { act } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { who } from "@/model/who";
import { time } from "@/model/words";
import { say } from "@/notices/toast";
import { useMe } from "@/reading/people";
import { sourceOf, type Template, told, useTemplates } from "@/reading/templates";
import { words } from "@/words/templates";
import { beginWith } from "./begin";

export function Templates() {
  const [, go] = useLocation();
  const found = useTemplates();
  const items = found.data;
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {words.templates}
        </Title>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => go("/templates/new")}>
          {words.newTemplate}
        </Button>
      </Group>
      {!items && !found.error && <Loading rows={4} height={60} />}
      {!items && found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {items?.length === 0 && (
        <Empty
          icon="templates"
          title={words.noneYet}
          act={
            <Group gap="sm" justify="center">
              <Button onClick={() => go("/templates/new")}>{words.newTemplate}</Button>
              <Button variant="default" onClick={() => go("/templates/new?sample=welcome")}>
                {words.withSample}
              </Button>
            </Group>
          }
        >
          {words.whatFor}
        </Empty>
      )}
      {items && items.length > 0 && (
        <div className="card rows" data-testid="templates">
          {items.map((each) => (
            <Row key={each.id} of={each} />
          ))}
        </div>
      )}
    </div>
  );
}

function Row({ of }: { of: Template }) {
  const me = useMe();
  const [, go] = useLocation();
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const does = async (todo: () => Promise<unknown>, done: string) => {
    try {
      await todo();
      say(done);
    } catch (error) {
      say(words.notDone, (error as Error).message, "red");
    }
    void client.invalidateQueries({ queryKey: ["templates"] });
  };
  const remove = () => act({ method: "DELETE", route: `/templates/${of.id}` });
  const copy = () => {
    const parts = of.channel === "email" ? told(sourceOf(of)) : { text: of.text };
    const body = { ...parts, name: words.copyOf(of.name), channel: of.channel };
    return act({ method: "POST", route: "/templates", body });
  };
  return (
    <div className="row" style={{ gridTemplateColumns: "minmax(0,1fr) auto auto" }} data-template={of.name}>
      <div style={{ minWidth: 0 }}>
        <Group gap={8} wrap="nowrap">
          <Icon name={of.channel === "email" ? "mail" : "phone"} size={16} />
          <Link href={`/templates/${of.id}`} className="plain name">
            {of.name}
          </Link>
        </Group>
        <Text size="sm" c="dimmed" truncate="end">
          {of.subject || (of.text ?? "").split("\n")[0] || words.nothingWritten}
        </Text>
      </div>
      <span className="small dim num phone-hide">
        {words.versionBy(of.version, who(of.by, me.data), time(of.changed_at))}
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
            disabled={lost}
            onClick={() => void beginWith(of, go)}
          >
            {words.useInCampaign}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="draft" size={16} />} onClick={() => go(`/templates/${of.id}`)}>
            {words.change}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="copy" size={16} />}
            disabled={lost}
            onClick={() => void does(copy, words.isCopied(of.name))}
          >
            {words.copy}
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            disabled={lost}
            onClick={() => void does(remove, words.isRemoved(of.name))}
          >
            {words.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
