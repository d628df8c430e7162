// Which screen a path shows. Everything but the first screens is loaded when it is asked for.

import { lazy } from "react";
import { Route, Switch } from "wouter";
import { Empty } from "@/marks/Empty";
import { Home } from "@/start/Home";
import { words } from "@/words/frame";

const CampaignList = lazy(() =>
  import("@/campaigns/list/CampaignList").then((room) => ({ default: room.CampaignList })),
);
const LiveView = lazy(() => import("@/campaigns/live/LiveView").then((room) => ({ default: room.LiveView })));
const Contacts = lazy(() => import("@/contacts/Contacts").then((room) => ({ default: room.Contacts })));
const Segments = lazy(() => import("@/contacts/segments/Segments").then((room) => ({ default: room.Segments })));
const SegmentPage = lazy(() =>
  import("@/contacts/segments/SegmentForm").then((room) => ({ default: room.SegmentPage })),
);
const Composing = lazy(() => import("@/campaigns/composer/Composing").then((room) => ({ default: room.Composing })));
const Imports = lazy(() => import("@/contacts/imports/Imports").then((room) => ({ default: room.Imports })));
const Wizard = lazy(() => import("@/contacts/imports/Wizard").then((room) => ({ default: room.Wizard })));
const ImportPage = lazy(() => import("@/contacts/imports/Import").then((room) => ({ default: room.ImportPage })));
const Conversations = lazy(() =>
  import("@/conversations/Conversations").then((room) => ({ default: room.Conversations })),
);
const Senders = lazy(() => import("@/senders/Senders").then((room) => ({ default: room.Senders })));
const Templates = lazy(() => import("@/content/Templates").then((room) => ({ default: room.Templates })));
const TemplatePage = lazy(() => import("@/content/TemplatePage").then((room) => ({ default: room.TemplatePage })));
const Library = lazy(() => import("@/content/media/Library").then((room) => ({ default: room.Library })));
const ContactTimeline = lazy(() => import("@/contacts/Timeline").then((room) => ({ default: room.ContactTimeline })));
const Recurring = lazy(() => import("@/campaigns/recurring/Recurring").then((room) => ({ default: room.Recurring })));
const Settings = lazy(() => import("@/settings/Settings").then((room) => ({ default: room.Settings })));
const Login = lazy(() => import("@/settings/Login").then((room) => ({ default: room.Login })));

export function Screens({ bare = false }: { bare?: boolean }) {
  if (bare) return <Login />;
  return (
    <Switch>
      <Route path="/" component={Home} />
      <Route path="/campaigns" component={CampaignList} />
      <Route path="/campaigns/new">
        <Composing id={null} />
      </Route>
      <Route path="/campaigns/recurring" component={Recurring} />
      <Route path="/campaigns/:id/edit">{({ id }) => <Composing id={id} />}</Route>
      <Route path="/campaigns/:id">{({ id }) => <LiveView key={id} id={id} />}</Route>
      <Route path="/conversations">
        <Conversations address={null} />
      </Route>
      <Route path="/conversations/:address">
        {({ address }) => <Conversations address={decodeURIComponent(address)} />}
      </Route>
      <Route path="/contacts" component={Contacts} />
      <Route path="/contacts/segments" component={Segments} />
      <Route path="/contacts/segments/new">
        <SegmentPage id={null} />
      </Route>
      <Route path="/contacts/segments/:id">{({ id }) => <SegmentPage key={id} id={id} />}</Route>
      <Route path="/contacts/:id">{({ id }) => <ContactTimeline key={id} id={id} />}</Route>
      <Route path="/imports" component={Imports} />
      <Route path="/imports/new" component={Wizard} />
      <Route path="/imports/:id">{({ id }) => <ImportPage key={id} id={id} />}</Route>
      <Route path="/templates" component={Templates} />
      <Route path="/templates/new">
        <TemplatePage id={null} />
      </Route>
      <Route path="/templates/:id">{({ id }) => <TemplatePage key={id} id={id} />}</Route>
      <Route path="/media" component={Library} />
      <Route path="/senders" component={Senders} />
      <Route path="/settings" component={Settings} />
      <Route>
        <Empty icon="search" alone title={words.noSuchPage}>
          {words.addressMayBeOld}
        </Empty>
      </Route>
    </Switch>
  );
}
