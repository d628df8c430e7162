// Counts side by side.

import { number } from "@/model/words";

export interface Figure {
  name: string;
  value: number;
  more?: string | undefined;
  bad?: boolean;
}

export function Figures({ of }: { of: Figure[] }) {
  return (
    <dl className="figures">
      {of.map((each) => (
        <div key={each.name} data-bad={(each.bad && each.value > 0) || undefined}>
          <dt>{each.name}</dt>
          <dd data-figure={each.name}>{number(each.value)}</dd>
          {each.more && <dd className="small dim">{each.more}</dd>}
        </div>
      ))}
    </dl>
  );
}
