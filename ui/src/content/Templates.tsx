// Messages kept under a name: take one over into a campaign, change, copy, remove.

import { ActionIcon, Button, Group, Menu, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { act } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { time } from "@/model/words";
import { say } from "@/notices/toast";
import { sourceOf, type Template, told, useTemplates } from "@/reading/templates";
import { beginWith } from "./begin";

export function Templates() {
  const [, go] = useLocation();
  const found = useTemplates();
  const items = found.data;
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          Templates
        </Title>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => go("/templates/new")}>
          New template
        </Button>
      </Group>
      {!items && !found.error && <Loading rows={4} height={60} />}
      {!items && found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {items?.length === 0 && (
        <Empty
          icon="templates"
          title="No templates yet"
          act={
            <Group gap="sm" justify="center">
              <Button onClick={() => go("/templates/new")}>New template</Button>
              <Button variant="default" onClick={() => go("/templates/new?sample=welcome")}>
                Begin with a sample
              </Button>
            </Group>
          }
        >
          A message that you send more than once: kept under a name, every version of it, with a preview as one of your
          contacts would get it.
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
  const [, go] = useLocation();
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const does = async (todo: () => Promise<unknown>, done: string) => {
    try {
      await todo();
      say(done);
    } catch (error) {
      say("Not done", (error as Error).message, "red");
    }
    void client.invalidateQueries({ queryKey: ["templates"] });
  };
  const remove = () => act({ method: "DELETE", route: `/templates/${of.id}` });
  const copy = () => {
    const parts = of.channel === "email" ? told(sourceOf(of)) : { text: of.text };
    const body = { ...parts, name: `${of.name} (copy)`, channel: of.channel };
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
          {of.subject || (of.text ?? "").split("\n")[0] || "Nothing is written yet"}
        </Text>
      </div>
      <span className="small dim num phone-hide">
        version {of.version} · {of.by} · {time(of.changed_at)}
      </span>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label={`More about ${of.name}`}>
            <Icon name="more" size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="campaigns" size={16} />}
            disabled={lost}
            onClick={() => void beginWith(of, go)}
          >
            Use in a campaign
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="draft" size={16} />} onClick={() => go(`/templates/${of.id}`)}>
            Change
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="copy" size={16} />}
            disabled={lost}
            onClick={() => void does(copy, `${of.name} is copied`)}
          >
            Copy
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            disabled={lost}
            onClick={() => void does(remove, `${of.name} is removed`)}
          >
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
