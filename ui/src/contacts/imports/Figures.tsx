// Counts side by side.

import { number } from "@/model/words";
import { words } from "@/words/wizard";

export interface Figure {
  is: keyof typeof words.figures;
  value: number;
  more?: string | undefined;
  bad?: boolean;
}

export function Figures({ of }: { of: Figure[] }) {
  return (
    <dl className="figures">
      {of.map((each) => (
        <div key={each.is} data-bad={(each.bad && each.value > 0) || undefined}>
          <dt>{words.figures[each.is]}</dt>
          <dd data-figure={words.figures[each.is]}>{number(each.value)}</dd>
          {each.more && <dd className="small dim">{each.more}</dd>}
        </div>
      ))}
    </dl>
  );
}
