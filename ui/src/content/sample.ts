// A message to begin with: one column, readable in every program, with the variables that everybody has.

export const SAMPLE = {
  name: "Welcome",
  subject: 'Welcome, {{ first_name | default("friend") }}',
  preheader: "What you can expect from us",
  text: "",
  mjml: "",
  html: `<!doctype html>
<html lang="en">
<body style="margin:0; background:#f4f6f5">
  <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
    <tr><td align="center" style="padding:24px 12px">
      <table role="presentation" width="560" cellpadding="0" cellspacing="0" style="max-width:560px; width:100%; background:#fff">
        <tr><td style="padding:32px; font-family:Arial, sans-serif; font-size:16px; line-height:1.5; color:#1d2a25">
          <h1 style="font-size:22px; margin:0 0 16px">Welcome, {{ first_name | default("friend") }}</h1>
          <p>Good to have you with us. Once a month we write about what is new.</p>
          <p><a href="https://example.com" style="color:#0b6e5b">Have a look around</a></p>
          <p style="font-size:13px; color:#5b6a64">You get this because you signed up.
            <a href="{{ unsubscribe_url }}" style="color:#5b6a64">Unsubscribe</a></p>
        </td></tr>
      </table>
    </td></tr>
  </table>
</body>
</html>
`,
};
