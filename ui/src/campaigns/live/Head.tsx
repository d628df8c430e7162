// Name, state, mode, and the switches.

import { Button, Group, Modal, Text, Title, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useLocation } from "wouter";
import { useLive } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { StateBadge } from "@/marks/StateBadge";
import type { Campaign } from "@/model/campaign";
import { number } from "@/model/words";
import { useSeen, useVerb } from "@/outbox/useOutbox";
import { words } from "@/words/live";

export function Head({ of }: { of: Campaign }) {
  const seen = useSeen(of);
  return (
    <div style={{ marginBottom: 14 }}>
      <Link
        href="/campaigns"
        className="dim small plain"
        style={{ display: "inline-flex", alignItems: "center", gap: 4, minHeight: 24 }}
      >
        <Icon name="left" size={14} /> {words.campaigns}
      </Link>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" style={{ minWidth: 0 }}>
          <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
            {of.name}
          </Title>
          <span data-testid="state">
            <StateBadge seen={seen} size="lg" />
          </span>
          <ModeBadge of={of} />
        </Group>
        <Switches of={of} />
      </Group>
    </div>
  );
}

function ModeBadge({ of }: { of: Campaign }) {
  const here = useLive((live) => live.attending.includes(of.id));
  const over = of.state === "completed" || of.state === "cancelled" || of.state === "draft";
  if (over) return null;
  if (of.mode === "server")
    return (
      <Tooltip label={words.runsOnServer}>
        <Text
          component="span"
          size="sm"
          c="dimmed"
          tabIndex={0}
          style={{ display: "inline-flex", gap: 5, alignItems: "center" }}
        >
          <Icon name="cloud" size={16} /> {words.onServer}
        </Text>
      </Tooltip>
    );
  return (
    <Text
      component="span"
      size="sm"
      c="dimmed"
      style={{ display: "inline-flex", gap: 5, alignItems: "center" }}
      data-testid="attended"
    >
      <Icon name="eye" size={16} /> {words.watchedBy[here ? "here" : "there"]}
    </Text>
  );
}

function Switches({ of }: { of: Campaign }) {
  const verb = useVerb();
  const [, go] = useLocation();
  const [asking, { open, close }] = useDisclosure(false);
  const here = useLive((live) => live.attending.includes(of.id));
  const gone = of.mode === "attended" && of.reason === "watcher_gone"; // it goes on when somebody watches, not by a click on Resume
  const moving = of.state === "sending" || of.state === "paused";
  return (
    <Group gap="xs">
      {of.state === "sending" && (
        <Button variant="default" leftSection={<Icon name="pause" size={16} />} onClick={() => verb("pause", of)}>
          {words.pause}
        </Button>
      )}
      {of.state === "paused" && of.reason === "canary" && (
        <Button leftSection={<Icon name="done" size={16} />} onClick={() => verb("approve", of)}>
          {words.approve}
        </Button>
      )}
      {of.state === "paused" && of.reason !== "canary" && !gone && (
        <Button leftSection={<Icon name="play" size={16} />} onClick={() => verb("resume", of)}>
          {words.resume}
        </Button>
      )}
      {moving && of.mode === "attended" && (
        <Button
          variant="default"
          leftSection={<Icon name="cloud" size={16} />}
          onClick={() => verb("mode", of, { mode: "server" })}
        >
          {words.viaCloud}
        </Button>
      )}
      {moving && of.mode === "attended" && !here && (
        <Button
          variant={gone ? "filled" : "default"}
          leftSection={<Icon name="eye" size={16} />}
          onClick={() => verb("watch", of, {})}
        >
          {words.watchHere}
        </Button>
      )}
      {(of.state === "draft" || of.state === "scheduled") && (
        <Button
          variant="default"
          leftSection={<Icon name="draft" size={16} />}
          onClick={() => go(`/campaigns/${of.id}/edit`)}
        >
          {words.edit}
        </Button>
      )}
      {(moving || of.state === "scheduled") && (
        <Button variant="subtle" color="gray" onClick={open}>
          {words.cancel}
        </Button>
      )}
      <Modal opened={asking} onClose={close} title={words.cancelAsk(of.name)} centered>
        <Text size="sm">{words.whatCancelDoes(number(of.counts.open))}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            {words.keepIt}
          </Button>
          <Button
            color="red.8"
            onClick={() => {
              verb("cancel", of);
              close();
            }}
          >
            {words.cancelCampaign}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}
