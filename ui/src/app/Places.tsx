// The navigation.

import { lazy, Suspense } from "react";
import { Link, useLocation } from "wouter";
import { Icon } from "@/marks/icons";
import { words } from "@/words/frame";
import { places } from "./navigation";

const Unread = lazy(() => import("./Unread").then((room) => ({ default: room.Unread })));

export function Places() {
  const [location] = useLocation();
  const here = (path: string) => (path === "/" ? location === "/" : location.startsWith(path));
  return (
    <nav className="nav" aria-label={words.places}>
      {places().map((each) => (
        <Link key={each.path} href={each.path} aria-current={here(each.path) ? "page" : undefined}>
          <Icon name={each.icon} />
          {each.name}
          {each.path === "/conversations" && (
            <Suspense>
              <Unread />
            </Suspense>
          )}
        </Link>
      ))}
    </nav>
  );
}
