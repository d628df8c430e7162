// Short words at the edge of the page. What matters also stands where it belongs: a toast is never the only place.

export function say(title: string, message?: string, tone: "teal" | "red" | "orange" | "gray" = "teal"): void {
  const shown = { title, message: message ?? "", color: tone, autoClose: tone === "red" ? 12_000 : 5_000 };
  void import("@mantine/notifications").then(({ notifications }) => notifications.show(shown));
}
