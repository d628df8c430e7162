// Name, state, mode, and the switches.

import { Button, Group, Modal, Text, Title, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useLocation } from "wouter";
import { useLive } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { StateBadge } from "@/marks/StateBadge";
import type { Campaign } from "@/model/campaign";
import { useSeen, useVerb } from "@/outbox/useOutbox";

export function Head({ of }: { of: Campaign }) {
  const seen = useSeen(of);
  return (
    <div style={{ marginBottom: 14 }}>
      <Link
        href="/campaigns"
        className="dim small plain"
        style={{ display: "inline-flex", alignItems: "center", gap: 4, minHeight: 24 }}
      >
        <Icon name="left" size={14} /> Campaigns
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
      <Tooltip label="It runs on the server: every browser may be closed.">
        <Text
          component="span"
          size="sm"
          c="dimmed"
          tabIndex={0}
          style={{ display: "inline-flex", gap: 5, alignItems: "center" }}
        >
          <Icon name="cloud" size={16} /> On the server
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
      <Icon name="eye" size={16} /> While I watch: {here ? "this browser" : "another browser"}
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
          Pause
        </Button>
      )}
      {of.state === "paused" && of.reason === "canary" && (
        <Button leftSection={<Icon name="done" size={16} />} onClick={() => verb("approve", of)}>
          Approve the rest
        </Button>
      )}
      {of.state === "paused" && of.reason !== "canary" && !gone && (
        <Button leftSection={<Icon name="play" size={16} />} onClick={() => verb("resume", of)}>
          Resume
        </Button>
      )}
      {moving && of.mode === "attended" && (
        <Button
          variant="default"
          leftSection={<Icon name="cloud" size={16} />}
          onClick={() => verb("mode", of, { mode: "server" })}
        >
          Send via Cloud
        </Button>
      )}
      {moving && of.mode === "attended" && !here && (
        <Button
          variant={gone ? "filled" : "default"}
          leftSection={<Icon name="eye" size={16} />}
          onClick={() => verb("watch", of, {})}
        >
          Watch from here
        </Button>
      )}
      {(of.state === "draft" || of.state === "scheduled") && (
        <Button
          variant="default"
          leftSection={<Icon name="draft" size={16} />}
          onClick={() => go(`/campaigns/${of.id}/edit`)}
        >
          Edit
        </Button>
      )}
      {(moving || of.state === "scheduled") && (
        <Button variant="subtle" color="gray" onClick={open}>
          Cancel
        </Button>
      )}
      <Modal opened={asking} onClose={close} title={`Cancel "${of.name}"?`} centered>
        <Text size="sm">
          Those who got it keep it. The {of.counts.open.toLocaleString()} that remain will never get it from this
          campaign. This cannot be taken back.
        </Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
          <Button
            color="red.8"
            onClick={() => {
              verb("cancel", of);
              close();
            }}
          >
            Cancel the campaign
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}
