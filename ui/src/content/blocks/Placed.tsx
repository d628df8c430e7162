// One block on the canvas: as readers see it, and when it is chosen its tools and its fields.

import { ActionIcon, Group, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon, type IconName } from "@/marks/icons";
import type { Block, Look } from "@/model/design";
import { words } from "@/words/templates";
import type { Editing } from "./Blocks";
import { Fields } from "./Fields";
import { Sight } from "./Sight";

interface Props {
  of: Block;
  look: Look;
  editing: Editing;
  /** Of columns: their two lists. */
  children?: ReactNode;
}

export function Placed({ of, look, editing, children }: Props) {
  const open = editing.chosen === of.id;
  const wrong = editing.isWrong(of.id);
  const name = words.kinds[of.kind];
  return (
    <li
      className="block"
      data-block={of.id}
      data-kind={of.kind}
      data-open={open || undefined}
      data-wrong={wrong || undefined}
      data-dragged={editing.dragged === of.id || undefined}
    >
      <span className="block-grip" title={words.dragIt} aria-hidden="true" {...editing.grip(of)}>
        <Icon name="grip" size={16} />
      </span>
      <button
        type="button"
        className="block-sight"
        aria-expanded={open}
        onClick={() => editing.choose(open ? null : of.id)}
      >
        {of.kind !== "columns" && <VisuallyHidden>{name}: </VisuallyHidden>}
        {of.kind === "columns" ? (
          <span className="block-name" style={{ color: look.ink }}>
            {name}
          </span>
        ) : (
          <Sight of={of} look={look} />
        )}
      </button>
      {children}
      {open && (
        <div className="block-open">
          <Group justify="space-between" gap={4} mb="xs" wrap="nowrap">
            <Text size="sm" fw={600}>
              {name}
            </Text>
            <Group gap={0} wrap="nowrap">
              <Tool act="up" label={words.moveUp} icon="up" does={() => editing.step(of.id, -1)} />
              <Tool act="down" label={words.moveDown} icon="down" does={() => editing.step(of.id, 1)} />
              <Tool act="copy" label={words.duplicate} icon="copy" does={() => editing.copy(of.id)} />
              <Tool act="remove" label={words.remove} icon="trash" does={() => editing.remove(of.id)} />
            </Group>
          </Group>
          <Fields
            of={of}
            change={(part) => editing.change(of.id, part)}
            fault={(field) => editing.fault(of.id, field)}
            isNew={editing.added === of.id}
            here={editing.here}
            another={() => editing.another(of.id)}
          />
        </div>
      )}
    </li>
  );
}

function Tool({ act, label, icon, does }: { act: string; label: string; icon: IconName; does: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="md" aria-label={label} data-act={act} onClick={does}>
        <Icon name={icon} size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
