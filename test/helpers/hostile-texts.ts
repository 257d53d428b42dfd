/** Texts that would be code where a page takes them for HTML, an attribute, an address, a template, or a property of an object. */
export const HOSTILE_TEXTS: readonly string[] = [
  `"><img src=x onerror="window.hacked=1">`,
  `</script><script>window.hacked=1</script>`,
  `javascript:window.hacked=1`,
  `'><svg onload="window.hacked=1"><a xlink:href="javascript:window.hacked=1">x</a></svg>`,
  `</title></style></textarea><iframe srcdoc="<script>parent.hacked=1</script>"></iframe>`,
  `" autofocus onfocus="window.hacked=1" style="background:url(javascript:window.hacked=1)`,
  "{{constructor.constructor('window.hacked=1')()}}$" + "{window.hacked=1}`",
  `=HYPERLINK("javascript:window.hacked=1")`,
  "data:text/html,<script>window.hacked=1</script>",
  "__proto__",
  "constructor",
];
