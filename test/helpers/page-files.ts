/** What a page loads, as its addresses stand in it: all must be of the page's own place. */
export function filesOfPage(html: string): string[] {
  const addresses = Array.from(
    html.matchAll(/<(?:link|script)[^>]* (?:src|href)="([^"]*)"/g),
    ([, file]) => file,
  );
  return addresses.filter((address) => !address.startsWith("data:"));
}
