// Colours and sizes. Contrast holds in both schemes: filled controls use the darkest shades.

import { createTheme, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#e9f7f3",
  "#d3ece4",
  "#a5d9c9",
  "#74c6ac",
  "#4db694",
  "#35ac84",
  "#249f78",
  "#168465",
  "#0b6e5b",
  "#055347",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 8, dark: 8 },
  colors: { pine },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily: 'Inter, "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", sans-serif',
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  components: {
    ActionIcon: { defaultProps: { size: "lg", variant: "subtle", color: "gray" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});
