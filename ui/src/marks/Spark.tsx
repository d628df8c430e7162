// The rate of the last minutes, one bar for every few seconds.

export interface Point {
  at: number;
  rate: number;
}

export function Spark({ points, width = 180, height = 40 }: { points: Point[]; width?: number; height?: number }) {
  const most = Math.max(1, ...points.map((each) => each.rate));
  const step = width / Math.max(points.length, 20);
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label="Rate of the last minutes"
      className="spark"
    >
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
