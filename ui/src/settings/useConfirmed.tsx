// Acts for which the server asks for the password again: asked once, then done.

import { Button, Group, Modal, PasswordInput, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { act } from "@/api/client";
import { Problem } from "@/api/problem";
import { words } from "@/words/settings";

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
  const [wrong, setWrong] = useState<string | null>(null);
  const send = async () => {
    try {
      await act({ method: "POST", route: "/confirm", body: { password } });
      done();
    } catch (error) {
      setWrong((error as Error).message);
    }
  };
  return (
    <Modal
      opened
      onClose={() => done(new Problem(403, "password_needed", words.confirm.notDone))}
      title={words.confirm.title}
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Text size="sm" mb="sm">
          {words.confirm.why}
        </Text>
        <PasswordInput
          label={words.confirm.password}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={wrong}
          data-autofocus
        />
        <Group justify="flex-end" mt="md">
          <Button type="submit">{words.confirm.goOn}</Button>
        </Group>
      </form>
    </Modal>
  );
}
