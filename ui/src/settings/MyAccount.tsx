// The own account: password, one-time codes, where one is signed in.

import { Alert, Button, Code, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act, get, path } from "@/api/client";
import { Loading, Trouble } from "@/marks/Empty";
import { day } from "@/model/words";
import { say } from "@/notices/toast";
import { useMe } from "@/reading/people";
import { words } from "@/words/settings";

export function MyAccount() {
  return (
    <Stack>
      <NewPassword />
      <Codes />
      <Sessions />
    </Stack>
  );
}

function NewPassword() {
  const [password, setPassword] = useState("");
  const [fresh, setFresh] = useState("");
  const change = useMutation({
    mutationFn: () => act({ method: "POST", route: "/password", body: { password, new: fresh } }),
    onSuccess: () => {
      setPassword("");
      setFresh("");
      say(words.account.changed, words.account.othersOut);
    },
  });
  return (
    <form
      className="card pad"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Title order={2} size="h5" mb="sm">
        {words.account.password}
      </Title>
      <Group align="flex-end">
        <PasswordInput
          label={words.account.untilNow}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          w={220}
        />
        <PasswordInput
          label={words.account.fresh}
          autoComplete="new-password"
          required
          minLength={12}
          value={fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
          w={220}
        />
        <Button type="submit" loading={change.isPending}>
          {words.account.change}
        </Button>
      </Group>
      {change.error && (
        <Text size="sm" c="red" role="alert" mt="sm">
          {change.error.message}
        </Text>
      )}
    </form>
  );
}

interface Begun {
  secret: string;
  uri: string;
  qr_svg: string;
}

function Codes() {
  const me = useMe();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const changed = () => client.invalidateQueries({ queryKey: ["me"] });
  const begin = useMutation({ mutationFn: () => act<Begun>({ method: "POST", route: "/codes", body: { password } }) });
  const confirm = useMutation({
    mutationFn: () => act<{ recovery_codes: string[] }>({ method: "POST", route: "/codes/confirm", body: { code } }),
    onSuccess: changed,
  });
  const off = useMutation({
    mutationFn: () => act({ method: "POST", route: "/codes/off", body: { password } }),
    onSuccess: changed,
  });
  const on = me.data?.codes === true;
  const error = begin.error ?? confirm.error ?? off.error;
  return (
    <div className="card pad">
      <Title order={2} size="h5" mb="sm">
        {words.account.codes}
      </Title>
      <Text size="sm" mb="sm">
        {on ? words.account.on : words.account.off}
      </Text>
      {confirm.data ? (
        <Alert color="green" title={words.account.recovery}>
          <Text size="sm">{words.account.eachOnce}</Text>
          <Code block mt="sm">
            {confirm.data.recovery_codes.join("\n")}
          </Code>
        </Alert>
      ) : begin.data ? (
        <Group align="flex-start">
          <img
            alt={words.account.qrCode}
            width={180}
            height={180}
            src={`data:image/svg+xml;utf8,${encodeURIComponent(begin.data.qr_svg)}`}
            style={{ background: "#fff" }}
          />
          <Stack gap="sm">
            <Text size="sm">
              {words.account.scanOrType} <Code>{begin.data.secret}</Code>
            </Text>
            <TextInput
              label={words.account.itsCode}
              inputMode="numeric"
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
            <Button onClick={() => confirm.mutate()} loading={confirm.isPending}>
              {words.account.switchOn}
            </Button>
          </Stack>
        </Group>
      ) : (
        <Group align="flex-end">
          <PasswordInput
            label={words.account.yourPassword}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            w={220}
          />
          <Button
            variant="default"
            loading={begin.isPending || off.isPending}
            onClick={() => (on ? off.mutate() : begin.mutate())}
            disabled={!password}
          >
            {on ? words.account.switchOff : words.account.begin}
          </Button>
        </Group>
      )}
      {error && (
        <Text size="sm" c="red" role="alert" mt="sm">
          {error.message}
        </Text>
      )}
    </div>
  );
}

interface Session {
  id: string;
  here: boolean;
  agent: string;
  address: string;
  seen_at: string | null;
}

function Sessions() {
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ["sessions"],
    queryFn: async () => (await get<{ items: Session[] }>(path("/sessions"))).items,
  });
  const end = useMutation({
    mutationFn: (id: string | null) => act({ method: "DELETE", route: id ? `/sessions/${id}` : "/sessions" }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["sessions"] }),
  });
  return (
    <div className="card">
      <Group justify="space-between" p="md">
        <Title order={2} size="h5">
          {words.account.whereSignedIn}
        </Title>
        <Button size="xs" variant="default" onClick={() => end.mutate(null)}>
          {words.account.elsewhereOut}
        </Button>
      </Group>
      {found.isPending && <Loading rows={2} />}
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      <div className="rows">
        {found.data?.map((each) => (
          <div
            key={each.id}
            className="row"
            style={{ gridTemplateColumns: "minmax(0,1fr) auto", borderTop: "1px solid var(--line)" }}
          >
            <div>
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {each.agent || words.account.unknownBrowser}
              </Text>
              <Text size="xs" c="dimmed">
                {each.address} · {each.here ? words.account.thisOne : words.account.seen(day(each.seen_at))}
              </Text>
            </div>
            {!each.here && (
              <Button size="xs" variant="default" onClick={() => end.mutate(each.id)}>
                {words.account.signOut}
              </Button>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}
