// What you are told of, and how: each event by each way.

import { Alert, Badge, Button, Checkbox, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { act } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { day } from "@/model/words";
import { type Matrix, type Row, useChoices, type Way } from "@/notices/choices";
import { canPush, here, readPushed, startPush, stopPush } from "@/notices/push";
import { say } from "@/notices/toast";
import { words } from "@/words/settings";

const WAYS: Way[] = ["app", "browser", "push", "email"];

export function Notices() {
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const found = useChoices();
  const change = useMutation({
    mutationFn: (choice: { event: string; way: Way; on: boolean }) =>
      act<Matrix>({ method: "PUT", route: "/notifications/choices", body: { choices: [choice] } }),
    onMutate: (choice) =>
      client.setQueryData<Matrix>(["choices"], (old) =>
        old
          ? {
              ...old,
              items: old.items.map((row) => (row.event === choice.event ? { ...row, [choice.way]: choice.on } : row)),
            }
          : old,
      ),
    onSuccess: (matrix) => {
      client.setQueryData(["choices"], matrix);
      void client.invalidateQueries({ queryKey: ["notices"] });
    },
    onError: (error) => {
      say(words.notices.notSaved, error.message, "red");
      void client.invalidateQueries({ queryKey: ["choices"] });
    },
  });
  if (found.isPending && !found.error) return <Loading rows={5} />;
  if (!found.data) return <Trouble error={found.error} again={() => void found.refetch()} />;
  const { items, email } = found.data;
  const ways = email ? WAYS : WAYS.filter((each) => each !== "email");
  const set = (row: Row, way: Way, on: boolean) => change.mutate({ event: row.event, way, on });
  return (
    <Stack>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard */}
      <section className="card scroll" tabIndex={0} aria-label={words.notices.whatYouAreTold}>
        <table className="table">
          <thead>
            <tr>
              <th>{words.notices.tellMeWhen}</th>
              {ways.map((each) => (
                <th key={each}>
                  {words.notices.way[each]}
                  <Text size="xs" c="dimmed" fw={400}>
                    {each === "email" ? email : words.notices.wayIs[each]}
                  </Text>
                </th>
              ))}
              <th>
                {words.notices.webhooks}
                <Text size="xs" c="dimmed" fw={400}>
                  {words.notices.ofWorkspace}
                </Text>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((row) => (
              <tr key={row.event}>
                <td style={{ minWidth: 200 }}>{row.words}</td>
                {ways.map((way) => (
                  <td key={way}>
                    <Checkbox
                      aria-label={words.notices.by(row.words, words.notices.way[way])}
                      checked={row[way]}
                      disabled={lost}
                      onChange={(event) => set(row, way, event.currentTarget.checked)}
                    />
                  </td>
                ))}
                <td className="num dim">{row.webhooks === 0 ? words.notices.none : row.webhooks}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {!email && (
        <Text size="sm" c="dimmed">
          {words.notices.noAddress}
        </Text>
      )}
      <Pushed lost={lost} />
    </Stack>
  );
}

function Pushed({ lost }: { lost: boolean }) {
  const client = useQueryClient();
  const [mine, setMine] = useState<string | null>(null);
  const found = useQuery({ queryKey: ["pushed"], queryFn: readPushed });
  useEffect(() => void here().then((each) => setMine(each?.endpoint ?? null)), []);
  const after = async () => {
    setMine((await here())?.endpoint ?? null);
    void client.invalidateQueries({ queryKey: ["pushed"] });
  };
  const start = useMutation({ mutationFn: () => startPush(found.data?.public_key ?? ""), onSettled: after });
  const stop = useMutation({ mutationFn: stopPush, onSettled: after });
  const drop = useMutation({
    mutationFn: (id: string) => act({ method: "DELETE", route: `/notifications/push/${id}` }),
    onSettled: after,
  });
  const test = useMutation({
    mutationFn: (id: string) => act({ method: "POST", route: `/notifications/push/${id}/test` }),
    onSuccess: () => say(words.notices.onItsWay, words.notices.closeAll),
  });
  const error = start.error ?? stop.error ?? drop.error ?? test.error;
  const items = found.data?.items ?? [];
  const isHere = items.some((each) => each.endpoint === mine);
  return (
    <div className="card pad">
      <Group justify="space-between" mb="sm">
        <div>
          <Title order={2} size="h5">
            {words.notices.withNoPage}
          </Title>
          <Text size="sm" c="dimmed">
            {words.notices.readByIt}
          </Text>
        </div>
        {canPush() && (
          <Button
            variant={isHere ? "default" : "filled"}
            disabled={lost || !found.data}
            loading={start.isPending || stop.isPending}
            onClick={() => (isHere ? stop.mutate() : start.mutate())}
          >
            {isHere ? words.notices.notAnyMore : words.notices.tellThis}
          </Button>
        )}
      </Group>
      {!canPush() && <Text size="sm">{words.notices.cannot}</Text>}
      {error && (
        <Alert color="red" icon={<Icon name="hand" />} role="alert">
          {error.message}
        </Alert>
      )}
      {items.map((each) => (
        <Group key={each.id} justify="space-between" gap="sm" mt="sm" data-testid="push-browser">
          <div>
            <Group gap="xs">
              <Text size="sm">{each.agent || words.notices.aBrowser}</Text>
              {each.endpoint === mine && (
                <Badge variant="light" className="state tone-teal">
                  {words.notices.thisOne}
                </Badge>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {words.notices.told(day(each.created_at), each.told_at ? day(each.told_at) : null)}
            </Text>
          </div>
          <Group gap="xs">
            <Button size="xs" variant="default" disabled={lost} onClick={() => test.mutate(each.id)}>
              {words.notices.sendTest}
            </Button>
            {each.endpoint !== mine && (
              <Button size="xs" variant="subtle" color="gray" disabled={lost} onClick={() => drop.mutate(each.id)}>
                {words.notices.forget}
              </Button>
            )}
          </Group>
        </Group>
      ))}
    </div>
  );
}
