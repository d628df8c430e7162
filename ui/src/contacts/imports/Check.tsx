// What would happen, before a row is written: figures, reasons, and one button that does it.

import { Alert, Button, Group, Text, Title } from "@mantine/core";
import { useLink } from "@/live/useLive";
import type { Checked, Import } from "@/model/imports";
import { count, number } from "@/model/words";
import { Figures } from "./Figures";
import { Reasons, RejectedFile } from "./Reasons";
import { useImportAct, useImportVerb } from "./useImportVerb";

export function Check({ of, back }: { of: Import; back: () => void }) {
  const lost = useLink().status === "lost";
  const start = useImportAct(of, "start");
  const { does } = useImportVerb(of);
  const { check } = of;
  if (!check) return null;
  return (
    <>
      <section className="card pad" style={{ marginBottom: 14 }} data-testid="checked">
        <Title order={2} size="h4" mb={4}>
          {check.valid > 0 ? "This is what would happen" : "Nothing of this file can be imported"}
        </Title>
        <Text size="sm" c="dimmed" mb="md">
          {count(check.total, "row")} checked. Nothing is written yet.
        </Text>
        <Figures
          of={[
            { name: "rows", value: check.total },
            { name: "new", value: check.new ?? 0 },
            { name: "known", value: check.known ?? 0, more: same(check) },
            { name: "rejected", value: check.rejected, bad: true },
            { name: "repeated in the file", value: check.duplicates },
          ]}
        />
        {of.options.replaceAll && <Difference check={check} />}
      </section>
      <Reasons byType={check.errorsByType} errors={of.errors} truncated={of.errorsTruncated} />
      {start.error && (
        <Alert color="red" mb="md" title="Not started" role="alert">
          {start.error.message}
        </Alert>
      )}
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Button variant="default" onClick={back}>
            Change columns or mode
          </Button>
          {check.rejected + check.duplicates > 0 && <RejectedFile of={of} />}
        </Group>
        <Group gap="sm">
          <Button variant="default" onClick={() => does("cancel")}>
            Cancel
          </Button>
          <Button
            disabled={lost || check.valid === 0}
            loading={start.isPending}
            onClick={() => start.mutate({})}
            data-testid="start"
          >
            {startWords(of, check)}
          </Button>
        </Group>
      </Group>
      {lost && (
        <Text size="sm" ta="right" mt="sm" role="status">
          Starting needs the server. The check is kept until it is back.
        </Text>
      )}
    </>
  );
}

function startWords(of: Import, check: Checked): string {
  const many = (check.new ?? 0) + (check.known ?? 0);
  const removed = of.options.replaceAll ? (check.removed ?? 0) : 0;
  return removed > 0 ? `Import ${number(many)} and remove ${number(removed)}` : `Import ${count(many, "contact")}`;
}

const same = (check: Checked) =>
  check.unchanged ? `${number(check.unchanged)} of them as they are already` : undefined;

/** "+120 ~3,080 -44", and the same in words. */
export function Difference({ check }: { check: Checked }) {
  const removed = check.removed ?? 0;
  const changed = check.known ?? 0;
  return (
    <Alert color={removed > 0 ? "orange" : "gray"} mt="md" title="Replace all" data-testid="difference">
      <Text className="num" fw={600}>
        <span aria-hidden="true">
          +{number(check.new ?? 0)} ~{number(changed)} -{number(removed)}
        </span>
      </Text>
      <Text size="sm">
        {number(check.new ?? 0)} added, {number(changed)} updated,{" "}
        {removed > 0
          ? `${number(removed)} of the ${count(check.current ?? 0, "contact")} of this workspace removed: they are not in the file.`
          : "nobody removed."}{" "}
        Removal is one step at the very end; whatever stops the import before it, nobody is missing.
      </Text>
    </Alert>
  );
}
