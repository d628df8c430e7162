// Contacts and what is made of them: everybody, or a stored question.

import { Link, useLocation } from "wouter";
import { words } from "@/words/contacts";

const PLACES = [
  { path: "/contacts", name: "everybody" },
  { path: "/contacts/segments", name: "segments" },
] as const;

export function Places() {
  const [location] = useLocation();
  return (
    <nav className="tabs" aria-label={words.contacts}>
      {PLACES.map((each) => (
        <Link
          key={each.path}
          href={each.path}
          className="plain"
          aria-current={location === each.path ? "page" : undefined}
        >
          {words[each.name]}
        </Link>
      ))}
    </nav>
  );
}
