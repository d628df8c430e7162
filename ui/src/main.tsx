import { createRoot } from "react-dom/client";
import "./app/styles";
import { App } from "./app/App";
import { keepShell } from "./app/shell";
import { directionOf, learn } from "./words/language";

const root = document.getElementById("root");
const shown = () => {
  if (root) createRoot(root).render(<App />);
};
void learn(navigator.languages)
  .then((language) => {
    document.documentElement.lang = language;
    document.documentElement.dir = directionOf(language);
  })
  .finally(shown); // without the words of a language that cannot be fetched now, English
keepShell();
