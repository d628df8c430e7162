// Contacts and what is made of them: everybody, or a stored question.

import { Link, useLocation } from "wouter";

const PLACES = [
  { path: "/contacts", name: "Everybody" },
  { path: "/contacts/segments", name: "Segments" },
];

export function Places() {
  const [location] = useLocation();
  return (
    <nav className="tabs" aria-label="Contacts">
      {PLACES.map((each) => (
        <Link
          key={each.path}
          href={each.path}
          className="plain"
          aria-current={location === each.path ? "page" : undefined}
        >
          {each.name}
        </Link>
      ))}
    </nav>
  );
}
