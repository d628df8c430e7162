// Signing in, and the single-use links: the first owner, an invitation, a new password.

import { Alert, Anchor, Button, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { act, get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { Logo } from "@/marks/icons";
import { ZoneField } from "@/marks/ZoneField";
import { HERE } from "@/model/zone";
import { words } from "@/words/login";

export function Login() {
  const link = location.pathname.startsWith("/link") ? location.hash.slice(1) : "";
  return (
    <main style={{ display: "grid", placeItems: "center", minHeight: "100vh", padding: 16 }}>
      <div className="card pad" style={{ width: "100%", maxWidth: 400 }}>
        <Group gap="sm" mb="md">
          <Logo size={34} />
          <Title order={1} size="h3">
            Homing
          </Title>
        </Group>
        {link ? <ByLink link={link} /> : <ByPassword />}
      </div>
    </main>
  );
}

const home = () => location.assign("/");

function ByPassword() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asked, setAsked] = useState(false);
  const door = useQuery({
    queryKey: ["door"],
    queryFn: () => get<{ needed: boolean; first_run: boolean }>(path("/login")),
  });
  const enter = useMutation({
    mutationFn: () => act({ method: "POST", route: "/login", body: { email, password, ...(asked ? { code } : {}) } }),
    onSuccess: home,
    onError: (error) => {
      if (error instanceof Problem && error.code === "code_needed") setAsked(true);
    },
  });
  const told = enter.error instanceof Problem && enter.error.code !== "code_needed" ? enter.error.message : null;
  if (door.data?.first_run) return <Text size="sm">{words.nobodyYet}</Text>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={words.email}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          autoFocus
        />
        <PasswordInput
          label={words.password}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {asked && (
          <TextInput
            label={words.code}
            description={words.ofDevice}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            autoFocus
          />
        )}
        {told && (
          <Alert color="red" p="xs" role="alert">
            {told}
          </Alert>
        )}
        <Button type="submit" loading={enter.isPending}>
          {words.signIn}
        </Button>
        <Text size="xs" c="dimmed">
          {words.forgotten}
        </Text>
      </Stack>
    </form>
  );
}

interface Looked {
  kind: "first_run" | "invite" | "reset";
  email: string | null;
  name: string | null;
}

function ByLink({ link }: { link: string }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [zone, setZone] = useState(HERE);
  const looked = useQuery({
    queryKey: ["link", link],
    queryFn: () => act<Looked>({ method: "POST", route: "/links/look", body: { link } }),
    retry: false,
  });
  const use = useMutation({
    mutationFn: () =>
      act({
        method: "POST",
        route: "/links/use",
        body: { link, password, ...(looked.data?.kind === "first_run" ? { email, name, zone } : {}) },
      }),
    onSuccess: home,
  });
  if (looked.error)
    return (
      <Stack gap="sm">
        <Alert color="orange" title={words.linkIsOver} role="alert">
          {words.newLink}
        </Alert>
        <Anchor href="/login">{words.toLogin}</Anchor>
      </Stack>
    );
  if (!looked.data) return null;
  const wrong = (pointer: string) => (use.error instanceof Problem ? use.error.at(pointer) : undefined);
  const told = use.error instanceof Problem && use.error.errors.length === 0 ? use.error.message : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        use.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{words.greeting[looked.data.kind]}</Text>
        {looked.data.kind === "first_run" ? (
          <>
            <TextInput
              label={words.yourName}
              autoComplete="name"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoFocus
            />
            <TextInput
              label={words.email}
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              error={wrong("/email")}
            />
          </>
        ) : (
          <TextInput label={words.email} value={looked.data.email ?? ""} readOnly autoComplete="username" />
        )}
        <PasswordInput
          label={words.password}
          description={words.howLong}
          autoComplete="new-password"
          required
          minLength={12}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={wrong("/password")}
        />
        {looked.data.kind === "first_run" && (
          <ZoneField
            label={words.zone}
            description={words.whatZoneIsFor}
            zone={zone}
            choose={setZone}
            error={wrong("/zone")}
          />
        )}
        {told && (
          <Alert color="red" p="xs" role="alert">
            {told}
          </Alert>
        )}
        <Button type="submit" loading={use.isPending}>
          {looked.data.kind === "first_run" ? words.becomeOwner : words.saveAndSignIn}
        </Button>
      </Stack>
    </form>
  );
}
