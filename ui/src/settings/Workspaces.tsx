// Business profiles: each with its own senders, contacts and campaigns.

import { Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act, chooseWorkspace, get, path, workspace } from "@/api/client";
import { Loading, Trouble } from "@/marks/Empty";
import { ZoneField } from "@/marks/ZoneField";
import { HERE } from "@/model/zone";
import type { Workspace } from "@/reading/people";
import { words } from "@/words/settings";

export function Workspaces() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const found = useQuery({ queryKey: ["workspaces"], queryFn: () => get<{ items: Workspace[] }>(path("/workspaces")) });
  const add = useMutation({
    mutationFn: () => act({ method: "POST", route: "/workspaces", body: { name: name.trim() } }),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries({ queryKey: ["workspaces"] });
    },
  });
  const moved = useMutation({
    mutationFn: ({ id, zone }: { id: string; zone: string }) =>
      act({ method: "PATCH", route: `/workspaces/${id}`, body: { zone } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["workspaces"] });
      void client.invalidateQueries({ queryKey: ["me"] });
    },
  });
  const items = found.data?.items ?? [];
  const here =
    items.find((each) => each.id === workspace()) ?? items.find((each) => each.name === "default") ?? items[0];
  return (
    <Stack>
      <form
        className="card pad"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={words.workspaces.name}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={add.error?.message}
          />
          <Button type="submit" disabled={!name.trim()} loading={add.isPending}>
            {words.workspaces.add}
          </Button>
        </Group>
      </form>
      {found.isPending && <Loading rows={2} />}
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {items.length > 0 && (
        <div className="card rows">
          {items.map((each) => (
            <div key={each.id} className="row" style={{ gridTemplateColumns: "minmax(0,1fr) auto" }}>
              <Group gap="sm">
                <span className="name">{each.name}</span>
                {each === here && (
                  <Badge variant="light" className="state tone-teal">
                    {words.workspaces.here}
                  </Badge>
                )}
              </Group>
              {each !== here && (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => {
                    chooseWorkspace(each.id);
                    location.assign("/");
                  }}
                >
                  {words.workspaces.goThere}
                </Button>
              )}
            </div>
          ))}
        </div>
      )}
      {here && (
        <div className="card pad" style={{ maxWidth: 420 }}>
          <ZoneField
            label={words.workspaces.zoneOf(here.name)}
            description={words.workspaces.whatZoneIsFor}
            zone={here.zone ?? HERE()}
            choose={(zone) => moved.mutate({ id: here.id, zone })}
            error={moved.error?.message}
          />
        </div>
      )}
      <Text size="sm" c="dimmed">
        {words.workspaces.apart}
      </Text>
    </Stack>
  );
}
