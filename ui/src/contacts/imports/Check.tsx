// What would happen, before a row is written: figures, reasons, and one button that does it.

import { Alert, Button, Group, Text, Title } from "@mantine/core";
import { useLink } from "@/live/useLive";
import type { Checked, Import } from "@/model/imports";
import { number } from "@/model/words";
import { words as imports } from "@/words/imports";
import { words } from "@/words/wizard";
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
          {check.valid > 0 ? words.wouldHappen : words.nothingUsable}
        </Title>
        <Text size="sm" c="dimmed" mb="md">
          {words.rowsChecked(check.total)}
        </Text>
        <Figures
          of={[
            { is: "rows", value: check.total },
            { is: "new", value: check.new ?? 0 },
            { is: "known", value: check.known ?? 0, more: same(check) },
            { is: "rejected", value: check.rejected, bad: true },
            { is: "repeatedInFile", value: check.duplicates },
          ]}
        />
        {of.options.replaceAll && <Difference check={check} />}
      </section>
      <Reasons byType={check.errorsByType} errors={of.errors} truncated={of.errorsTruncated} />
      {start.error && (
        <Alert color="red" mb="md" title={words.notStarted} role="alert">
          {start.error.message}
        </Alert>
      )}
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Button variant="default" onClick={back}>
            {words.changeColumns}
          </Button>
          {check.rejected + check.duplicates > 0 && <RejectedFile of={of} />}
        </Group>
        <Group gap="sm">
          <Button variant="default" onClick={() => does("cancel")}>
            {imports.verbs.cancel}
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
        <Text size="sm" ta="end" mt="sm" role="status">
          {words.startNeedsServer}
        </Text>
      )}
    </>
  );
}

function startWords(of: Import, check: Checked): string {
  const many = (check.new ?? 0) + (check.known ?? 0);
  const removed = of.options.replaceAll ? (check.removed ?? 0) : 0;
  return removed > 0 ? words.importAndRemove(number(many), number(removed)) : words.importMany(many);
}

const same = (check: Checked) => (check.unchanged ? words.asAlready(number(check.unchanged)) : undefined);

/** "+120 ~3,080 -44", and the same in words. */
export function Difference({ check }: { check: Checked }) {
  const removed = check.removed ?? 0;
  const changed = check.known ?? 0;
  return (
    <Alert color={removed > 0 ? "orange" : "gray"} mt="md" title={words.replaceAll} data-testid="difference">
      <Text className="num" fw={600}>
        <span aria-hidden="true">
          +{number(check.new ?? 0)} ~{number(changed)} -{number(removed)}
        </span>
      </Text>
      <Text size="sm">
        {words.addedUpdated(number(check.new ?? 0), number(changed))}{" "}
        {removed > 0 ? words.removedOf(number(removed), check.current ?? 0) : words.nobodyRemoved} {words.removalLast}
      </Text>
    </Alert>
  );
}
