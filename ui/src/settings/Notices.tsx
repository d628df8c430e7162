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

const WAYS: { way: Way; name: string; words: string }[] = [
  { way: "app", name: "Bell", words: "on the page" },
  { way: "browser", name: "Browser", words: "while a page is open" },
  { way: "push", name: "Push", words: "also with no page open" },
  { way: "email", name: "E-mail", words: "to your address" },
];

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
      say("Not saved", error.message, "red");
      void client.invalidateQueries({ queryKey: ["choices"] });
    },
  });
  if (found.isPending && !found.error) return <Loading rows={5} />;
  if (!found.data) return <Trouble error={found.error} again={() => void found.refetch()} />;
  const { items, email } = found.data;
  const ways = email ? WAYS : WAYS.filter((each) => each.way !== "email");
  const set = (row: Row, way: Way, on: boolean) => change.mutate({ event: row.event, way, on });
  return (
    <Stack>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard */}
      <section className="card scroll" tabIndex={0} aria-label="What you are told of">
        <table className="table">
          <thead>
            <tr>
              <th>Tell me when</th>
              {ways.map((each) => (
                <th key={each.way}>
                  {each.name}
                  <Text size="xs" c="dimmed" fw={400}>
                    {each.way === "email" ? email : each.words}
                  </Text>
                </th>
              ))}
              <th>
                Webhooks
                <Text size="xs" c="dimmed" fw={400}>
                  of the workspace
                </Text>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((row) => (
              <tr key={row.event}>
                <td style={{ minWidth: 200 }}>{row.words}</td>
                {ways.map(({ way, name }) => (
                  <td key={way}>
                    <Checkbox
                      aria-label={`${row.words}: ${name}`}
                      checked={row[way]}
                      disabled={lost}
                      onChange={(event) => set(row, way, event.currentTarget.checked)}
                    />
                  </td>
                ))}
                <td className="num dim">{row.webhooks === 0 ? "none" : row.webhooks}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {!email && (
        <Text size="sm" c="dimmed">
          Nobody signs in here, so there is no address of yours to write to: HOMING_NOTICE_TO names addresses for
          notices.
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
    onSuccess: () => say("On its way", "Close every page of Homing: it comes all the same."),
  });
  const error = start.error ?? stop.error ?? drop.error ?? test.error;
  const items = found.data?.items ?? [];
  const isHere = items.some((each) => each.endpoint === mine);
  return (
    <div className="card pad">
      <Group justify="space-between" mb="sm">
        <div>
          <Title order={2} size="h5">
            Browsers that are told with no page open
          </Title>
          <Text size="sm" c="dimmed">
            What is sent to them can be read by that browser alone.
          </Text>
        </div>
        {canPush() && (
          <Button
            variant={isHere ? "default" : "filled"}
            disabled={lost || !found.data}
            loading={start.isPending || stop.isPending}
            onClick={() => (isHere ? stop.mutate() : start.mutate())}
          >
            {isHere ? "Not this browser any more" : "Tell this browser"}
          </Button>
        )}
      </Group>
      {!canPush() && (
        <Text size="sm">
          This browser cannot be told while no page is open: that needs https, or localhost, and a browser that has it.
        </Text>
      )}
      {error && (
        <Alert color="red" icon={<Icon name="hand" />} role="alert">
          {error.message}
        </Alert>
      )}
      {items.map((each) => (
        <Group key={each.id} justify="space-between" gap="sm" mt="sm" data-testid="push-browser">
          <div>
            <Group gap="xs">
              <Text size="sm">{each.agent || "A browser"}</Text>
              {each.endpoint === mine && (
                <Badge variant="light" className="state tone-teal">
                  this one
                </Badge>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              since {day(each.created_at)}, {each.told_at ? `last told ${day(each.told_at)}` : "never told yet"}
            </Text>
          </div>
          <Group gap="xs">
            <Button size="xs" variant="default" disabled={lost} onClick={() => test.mutate(each.id)}>
              Send a test
            </Button>
            {each.endpoint !== mine && (
              <Button size="xs" variant="subtle" color="gray" disabled={lost} onClick={() => drop.mutate(each.id)}>
                Forget
              </Button>
            )}
          </Group>
        </Group>
      ))}
    </div>
  );
}
