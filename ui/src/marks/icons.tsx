// The signs of the page: 24 x 24, one stroke, drawn for it. Decoration only: words stand beside them.

import type { CSSProperties } from "react";

const PATHS = {
  home: "M4 11l8-7 8 7M6 10v9h12v-9M10 19v-5h4v5",
  campaigns: "M4 12l16-7-5 15-4-6zM11 14l9-9",
  contacts:
    "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-4 3-6 6-6s6 2 6 6M16 4.500a3.500 3.500 0 0 1 0 6M18 14.500c2 1 3 3 3 5.500",
  templates: "M5 3h14v18H5zM8 8h8M8 12h8M8 16h4",
  pin: "M12 21c-4-5-6-8-6-11a6 6 0 0 1 12 0c0 3-2 6-6 11zM12 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  picture: "M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 5M15.500 9v.010",
  senders: "M3 6h18v12H3zM3 7l9 7 9-7",
  imports: "M12 4v11M8 11l4 4 4-4M4 19h16",
  inbox: "M4 13l3-9h10l3 9v7H4zM4 13h5l1 3h4l1-3h5",
  settings: "M5 7h8M17 7h2M5 17h2M11 17h8M15 5v4M9 15v4",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.500 1.500M17.500 17.500L19 19M19 5l-1.500 1.500M6.500 17.500L5 19",
  moon: "M20 14A8 8 0 1 1 10 4a6.500 6.500 0 0 0 10 10z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 4-6 8-6s8 2 8 6",
  menu: "M4 7h16M4 12h16M4 17h16",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21",
  plus: "M12 5v14M5 12h14",
  pause: "M8 5v14M16 5v14",
  play: "M7 4l12 8-12 8z",
  cross: "M6 6l12 12M18 6L6 18",
  done: "M5 12.500l5 5L19 7",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.500 2",
  wait: "M7 3h10M7 21h10M8 3c0 5 8 5 8 9s-8 4-8 9M16 3c0 5-8 5-8 9s8 4 8 9",
  hand: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v5M12 16.500v.010",
  draft: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  cloud:
    "M7 18a4.500 4.500 0 0 1-.500-9A6 6 0 0 1 18 10.500a3.800 3.800 0 0 1-.500 7.500zM12 17v-6M9.500 13L12 10.500 14.500 13",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  retry: "M20 12a8 8 0 1 1-2.500-5.800M20 3v4.500h-4.500",
  wifi: "M2 9c6-5.500 14-5.500 20 0M5.500 13c4-3.500 9-3.500 13 0M9 16.500c2-1.500 4-1.500 6 0M12 20v.010",
  off: "M3 3l18 18M2 9c2-1.800 4-3 6.500-3.600M12 5c3.500 0 7 1.300 10 4M5.500 13c1.300-1.100 2.700-1.900 4-2.300M14 11c1.600.400 3.100 1.100 4.500 2M9 16.500c2-1.500 4-1.500 6 0M12 20v.010",
  server: "M4 4h16v6H4zM4 14h16v6H4zM7.500 7v.010M7.500 17v.010",
  download: "M12 4v11M8 11l4 4 4-4M5 20h14",
  upload: "M12 15V4M8 8l4-4 4 4M5 20h14",
  more: "M12 5.500v.010M12 12v.010M12 18.500v.010",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  undo: "M9 5L4 10l5 5M4 10h10a6 6 0 0 1 0 12",
  redo: "M15 5l5 5-5 5M20 10H10a6 6 0 0 0 0 12",
  grip: "M9 5v.010M9 12v.010M9 19v.010M15 5v.010M15 12v.010M15 19v.010",
  link: "M10 14a4 4 0 0 0 6 0l4-4a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-4 4a4 4 0 0 0 6 6l1-1",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  phone: "M7 2.500h10v19H7zM11 18.500h2",
  desktop: "M3 4h18v12H3zM8 20h8M12 16v4",
  tag: "M3 4v7l9.500 9.500 7.500-7.500L10.500 3.500H3zM7.500 8v.010",
  key: "M8 15.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM12 11h9v4M17 11v3",
  chat: "M4 5h16v11H10l-5 4v-4H4zM8 9h8M8 12h5",
  mail: "M3 6h18v12H3zM3 7l9 7 9-7",
  dot: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  flask: "M9 3h6M10 3v6L4.500 19.500h15L14 9V3M7.500 14h9",
  braces:
    "M8 4c-2 0-3 1-3 3v2c0 2-1 3-2 3 1 0 2 1 2 3v2c0 2 1 3 3 3M16 4c2 0 3 1 3 3v2c0 2 1 3 2 3-1 0-2 1-2 3v2c0 2-1 3-3 3",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED = new Set<IconName>(["dot", "play"]);
const TURNS = new Set<IconName>(["left", "right", "undo", "redo"]); // the other way where one reads from right to left

export function Icon({ name, size = 18, style }: { name: IconName; size?: number; style?: CSSProperties }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill={FILLED.has(name) ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={TURNS.has(name) ? "turns" : undefined}
      aria-hidden="true"
      focusable="false"
      style={{ flex: "none", ...style }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo({ size = 26 }: { size?: number }) {
  return <img src="/icon.svg" width={size} height={size} alt="" style={{ borderRadius: 7, display: "block" }} />;
}
