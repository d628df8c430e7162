// How far an import is: File, Map, Check, Run, Report.

import { Icon } from "@/marks/icons";
import { ENDED, type Import } from "@/model/imports";
import { words } from "@/words/imports";

const STEPS = ["file", "map", "check", "run", "report"] as const;
export type Step = (typeof STEPS)[number];

/** `again`: the person has gone back to the columns. */
export function stepOf(of: Import, again: boolean): Step {
  if (of.state === "uploading") return "file";
  if (of.state === "mapping" || again) return "map";
  if (of.state === "checking") return "check";
  if (ENDED.includes(of.state)) return "report";
  return of.startedAt === null ? "check" : "run";
}

export function Steps({ at }: { at: Step }) {
  const here = STEPS.indexOf(at);
  return (
    <ol className="steps" aria-label={words.steps}>
      {STEPS.map((each, place) => (
        <li
          key={each}
          aria-current={place === here ? "step" : undefined}
          data-done={place < here || at === "report" || undefined}
        >
          <span className="sign" aria-hidden="true">
            {place < here || at === "report" ? <Icon name="done" size={13} /> : place + 1}
          </span>
          {words.step[each]}
          {place < here && <span className="hidden-words">{words.stepDone}</span>}
        </li>
      ))}
    </ol>
  );
}
