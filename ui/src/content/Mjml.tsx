// MJML of a template: the source with line numbers, and a message to begin with.

import { Button, Stack, Text } from "@mantine/core";
import { words } from "@/words/templates";
import { Code } from "./Code";

interface Props {
  value: string;
  set: (value: string) => void;
  onSelect: (event: React.SyntheticEvent<HTMLTextAreaElement>) => void;
  drop: (files: File[]) => void;
  error: string | undefined;
}

export function Mjml(props: Props) {
  return (
    <Stack gap="xs">
      <Code label={words.mjmlOfMessage} placeholder="<mjml> ... </mjml>" {...props} />
      <Text size="sm" c="dimmed">
        {words.aboutMjml}
      </Text>
      {!props.value.trim() && (
        <Button size="xs" variant="default" style={{ alignSelf: "start" }} onClick={() => props.set(BEGINNING)}>
          {words.withExample}
        </Button>
      )}
    </Stack>
  );
}

const BEGINNING = `<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1d2a25" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4f6f5">
    <mj-section background-color="#ffffff">
      <mj-column>
        <mj-text font-size="22px">Hello {{ first_name | default("friend") }}</mj-text>
        <mj-text>Good to have you with us.</mj-text>
        <mj-button href="https://example.com" background-color="#0b6e5b">Have a look around</mj-button>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text font-size="13px" color="#5b6a64">
          You get this because you signed up. <a href="{{ unsubscribe_url }}">Unsubscribe</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;
