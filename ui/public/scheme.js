// Sets light or dark before the first paint, so that nothing flashes.
(() => {
  let kept = "auto";
  try {
    kept = localStorage.getItem("mantine-color-scheme-value") || "auto";
  } catch {
    // no storage here: the system decides
  }
  const dark = kept === "dark" || (kept === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
