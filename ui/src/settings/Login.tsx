// Signing in, and the single-use links: the first owner, an invitation, a new password.

import { Alert, Anchor, Button, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { act, get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { Logo } from "@/marks/icons";
import { ZoneField } from "@/marks/ZoneField";
import { HERE } from "@/model/zone";

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
  const words = enter.error instanceof Problem && enter.error.code !== "code_needed" ? enter.error.message : null;
  if (door.data?.first_run)
    return (
      <Text size="sm">
        Nobody can sign in yet. `homing serve` prints a link in its terminal that makes the first owner; it is good
        once, for 30 minutes. Starting it again prints a new one.
      </Text>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          autoFocus
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {asked && (
          <TextInput
            label="One-time code"
            description="Of your device, or a recovery code"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            autoFocus
          />
        )}
        {words && (
          <Alert color="red" p="xs" role="alert">
            {words}
          </Alert>
        )}
        <Button type="submit" loading={enter.isPending}>
          Sign in
        </Button>
        <Text size="xs" c="dimmed">
          Forgotten? An owner can make a link for a new password, or on the server: homing user password.
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

const GREETING = {
  first_run: "You become the owner of this installation.",
  invite: "You were invited. Choose a password.",
  reset: "Choose a new password.",
};

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
        <Alert color="orange" title="This link is over" role="alert">
          It was used already, or is too old. For the first owner, start `homing serve` again: it prints a new one. For
          others, an owner makes a new one.
        </Alert>
        <Anchor href="/login">To the login</Anchor>
      </Stack>
    );
  if (!looked.data) return null;
  const wrong = (pointer: string) => (use.error instanceof Problem ? use.error.at(pointer) : undefined);
  const words = use.error instanceof Problem && use.error.errors.length === 0 ? use.error.message : null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        use.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{GREETING[looked.data.kind]}</Text>
        {looked.data.kind === "first_run" ? (
          <>
            <TextInput
              label="Your name"
              autoComplete="name"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoFocus
            />
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              error={wrong("/email")}
            />
          </>
        ) : (
          <TextInput label="E-mail" value={looked.data.email ?? ""} readOnly autoComplete="username" />
        )}
        <PasswordInput
          label="Password"
          description="12 characters or more; a short sentence is fine"
          autoComplete="new-password"
          required
          minLength={12}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={wrong("/password")}
        />
        {looked.data.kind === "first_run" && (
          <ZoneField
            label="Time zone"
            description="Of starts and sending hours; Settings > Workspaces changes it"
            zone={zone}
            choose={setZone}
            error={wrong("/zone")}
          />
        )}
        {words && (
          <Alert color="red" p="xs" role="alert">
            {words}
          </Alert>
        )}
        <Button type="submit" loading={use.isPending}>
          {looked.data.kind === "first_run" ? "Become the owner" : "Save and sign in"}
        </Button>
      </Stack>
    </form>
  );
}
