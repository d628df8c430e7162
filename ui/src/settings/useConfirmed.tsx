// Acts for which the server asks for the password again: asked once, then done.

import { Button, Group, Modal, PasswordInput, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { act } from "@/api/client";
import { Problem } from "@/api/problem";

interface Asking {
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function useConfirmed() {
  const [asking, setAsking] = useState<Asking | null>(null);
  const ref = useRef(setAsking);
  const confirmed = async <Answer,>(todo: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await todo();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "password_needed") throw error;
      await new Promise<void>((resolve, reject) => ref.current({ resolve, reject }));
      return todo();
    }
  };
  const done = (error?: unknown) => {
    if (error === undefined) asking?.resolve();
    else asking?.reject(error);
    setAsking(null);
  };
  return { confirmed, dialog: asking ? <Again done={done} /> : null };
}

function Again({ done }: { done: (error?: unknown) => void }) {
  const [password, setPassword] = useState("");
  const [words, setWords] = useState<string | null>(null);
  const send = async () => {
    try {
      await act({ method: "POST", route: "/confirm", body: { password } });
      done();
    } catch (error) {
      setWords((error as Error).message);
    }
  };
  return (
    <Modal
      opened
      onClose={() => done(new Problem(403, "password_needed", "Not done: it needs your password."))}
      title="Your password again"
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Text size="sm" mb="sm">
          This is a door that a stranger at your desk should not open.
        </Text>
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={words}
          data-autofocus
        />
        <Group justify="flex-end" mt="md">
          <Button type="submit">Go on</Button>
        </Group>
      </form>
    </Modal>
  );
}
