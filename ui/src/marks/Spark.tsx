// The rate of the last minutes, one bar for every few seconds; shaded where it rested and where it could not send.

import { words } from "@/words/frame";

export type Shade = "rest" | "outage" | null;

export interface Point {
  at: number;
  rate: number;
  shade?: Shade;
}

const SHADES = { rest: "light-dark(#dbe7f5, #25384d)", outage: "light-dark(#ffe3b8, #4d3a17)" };

export function Spark({ points, width = 180, height = 40 }: { points: Point[]; width?: number; height?: number }) {
  const most = Math.max(1, ...points.map((each) => each.rate));
  const step = width / Math.max(points.length, 20);
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={[words.rateOfLast, ...new Set(points.map((each) => each.shade && words.shade[each.shade]))]
        .filter(Boolean)
        .join(", ")}
      className="spark"
    >
      {points.map(
        (each, place) =>
          each.shade && (
            <rect
              key={each.at}
              x={place * step}
              y={0}
              width={step}
              height={height}
              fill={SHADES[each.shade]}
              data-shade={each.shade}
            />
          ),
      )}
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--mantine-color-default-border)" />
      {points.map((each, place) => {
        const tall = Math.max(1, (each.rate / most) * (height - 2));
        return (
          <rect
            key={each.at}
            x={place * step}
            y={height - tall}
            width={Math.max(1, step - 1)}
            height={tall}
            fill="currentColor"
            rx="1"
          />
        );
      })}
    </svg>
  );
}
