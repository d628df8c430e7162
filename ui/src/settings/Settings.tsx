// Settings: this browser, the own account, people, workspaces, tokens.

import { Tabs, Title } from "@mantine/core";
import { useSearchParams } from "wouter";
import { useMe } from "@/reading/people";
import { words } from "@/words/settings";
import { Browser } from "./Browser";
import { MyAccount } from "./MyAccount";
import { Notices } from "./Notices";
import { People } from "./People";
import { Tokens } from "./Tokens";
import { Workspaces } from "./Workspaces";

export function Settings() {
  const [query, setQuery] = useSearchParams();
  const me = useMe();
  const signedIn = me.data?.kind === "user";
  const tab = query.get("part") ?? "browser";
  return (
    <div className="page">
      <Title order={1} size="h2" mb="md">
        {words.settings}
      </Title>
      <Tabs
        value={tab}
        onChange={(value) => setQuery({ part: value ?? "browser" }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="md" style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }}>
          <Tabs.Tab value="browser">{words.parts.browser}</Tabs.Tab>
          <Tabs.Tab value="notices">{words.parts.notices}</Tabs.Tab>
          {signedIn && <Tabs.Tab value="account">{words.parts.account}</Tabs.Tab>}
          {me.data && <Tabs.Tab value="people">{words.parts.people}</Tabs.Tab>}
          <Tabs.Tab value="workspaces">{words.parts.workspaces}</Tabs.Tab>
          <Tabs.Tab value="tokens">{words.parts.tokens}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="browser">
          <Browser />
        </Tabs.Panel>
        <Tabs.Panel value="notices">
          <Notices />
        </Tabs.Panel>
        <Tabs.Panel value="account">
          <MyAccount />
        </Tabs.Panel>
        <Tabs.Panel value="people">
          <People />
        </Tabs.Panel>
        <Tabs.Panel value="workspaces">
          <Workspaces />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <Tokens />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
