// Short words at the edge of the page. What matters also stands where it belongs: a toast is never the only place.

import { sentence } from "@/model/words";

export function say(title: string, message?: string, tone: "teal" | "red" | "orange" | "gray" = "teal"): void {
  const shown = {
    title,
    message: message ? sentence(message) : "",
    color: tone,
    autoClose: tone === "red" ? 12_000 : 5_000,
  };
  void import("@mantine/notifications").then(({ notifications }) => notifications.show(shown));
}
