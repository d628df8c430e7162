// The bell: what happened while nobody looked.

import { ActionIcon, Indicator, Menu, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { act, get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { useTick } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { time } from "@/model/words";

export interface Notice {
  id: string;
  kind: string;
  title: string;
  body?: string | null;
  url?: string | null;
  at: string;
  read_at?: string | null;
}

let absent = false; // a server that keeps no notices is not asked again

export function useNotices() {
  const client = useQueryClient();
  const tick = useTick("notice");
  const found = useQuery({
    queryKey: ["notices"],
    queryFn: async () => {
      if (absent) return [];
      try {
        return (await get<{ items: Notice[] }>(path("/notifications", { limit: 30 }))).items;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) {
          absent = true;
          return [];
        }
        throw error;
      }
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fact about a notice is the signal
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["notices"] });
  }, [tick]);
  return found.data ?? [];
}

export function Bell() {
  const [, go] = useLocation();
  const client = useQueryClient();
  const notices = useNotices();
  const unread = notices.filter((each) => !each.read_at);
  const onOpen = () => {
    if (unread.length === 0) return;
    act({ method: "POST", route: "/notifications/read", body: {} })
      .then(() => client.invalidateQueries({ queryKey: ["notices"] }))
      .catch(() => undefined);
  };
  const words = unread.length > 0 ? `Notices, ${unread.length} new` : "Notices";
  return (
    <Menu position="bottom-end" width={340} onClose={onOpen} withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={words}>
          <Indicator disabled={unread.length === 0} color="red.8" size={9} offset={1}>
            <Icon name="bell" />
          </Indicator>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={440} style={{ overflowY: "auto" }}>
        {notices.length === 0 && (
          <Text p="md" size="sm" c="dimmed">
            Nothing yet. The end of a campaign, and whatever needs you, is told here.
          </Text>
        )}
        {notices.map((each) => (
          <Menu.Item key={each.id} onClick={() => each.url && go(each.url)} fw={each.read_at ? 400 : 600}>
            {each.title}
            {each.body && (
              <Text size="xs" component="p" m={0}>
                {each.body}
              </Text>
            )}
            <Text size="xs" c="dimmed" component="p" m={0}>
              {time(each.at)}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
