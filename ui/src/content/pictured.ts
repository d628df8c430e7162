// A picture of the media library as MJML has it.

/** `<img>` with its size into `<mj-image>`, which lays itself out. */
export const pictured = (html: string): string =>
  html.replaceAll(
    /<img src="([^"]*)" alt="([^"]*)" width="(\d+)"[^>]*>/g,
    (_, src: string, alt: string, width: string) => `<mj-image src="${src}" alt="${alt}" width="${width}px" />`,
  );
