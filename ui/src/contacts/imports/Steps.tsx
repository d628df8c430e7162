// How far an import is: File, Map, Check, Run, Report.

import { Icon } from "@/marks/icons";
import { ENDED, type Import } from "@/model/imports";

const STEPS = ["File", "Map", "Check", "Run", "Report"] as const;
export type Step = (typeof STEPS)[number];

/** `again`: the person has gone back to the columns. */
export function stepOf(of: Import, again: boolean): Step {
  if (of.state === "uploading") return "File";
  if (of.state === "mapping" || again) return "Map";
  if (of.state === "checking") return "Check";
  if (ENDED.includes(of.state)) return "Report";
  return of.startedAt === null ? "Check" : "Run";
}

export function Steps({ at }: { at: Step }) {
  const here = STEPS.indexOf(at);
  return (
    <ol className="steps" aria-label="Steps of the import">
      {STEPS.map((each, place) => (
        <li
          key={each}
          aria-current={place === here ? "step" : undefined}
          data-done={place < here || at === "Report" || undefined}
        >
          <span className="sign" aria-hidden="true">
            {place < here || at === "Report" ? <Icon name="done" size={13} /> : place + 1}
          </span>
          {each}
          {place < here && <span className="hidden-words">, done</span>}
        </li>
      ))}
    </ol>
  );
}
