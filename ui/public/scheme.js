// Sets light or dark before the first paint, so that nothing flashes.
(() => {
  let kept = "auto";
  try {
    kept = localStorage.getItem("mantine-color-scheme-value") || "auto";
  } catch {
    // no storage here: the system decides
  }
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = kept === "dark" || (kept === "auto" && system.matches);
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  // When the system turns from one to the other, all colours turn at once: what fades (text of a choice) on what does not
  // (its ground) could not be read meanwhile. The second frame is the first that comes after new styles were worked out.
  system.addEventListener("change", () => {
    root.setAttribute("data-scheme-turns", "");
    requestAnimationFrame(() => requestAnimationFrame(() => root.removeAttribute("data-scheme-turns")));
  });
})();
