/** `stripPort` and `stripDomain`. */

interface HostPort {
  readonly host: string;
  readonly port: string;
}

/** As Go's net.SplitHostPort; undefined for what it refuses. */
function splitHostPort(text: string): HostPort | undefined {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return undefined;
  const port = text.slice(colon + 1);
  if (!text.startsWith("[")) {
    const host = text.slice(0, colon);
    return /[:[\]]/.test(host) || /[[\]]/.test(port) ? undefined : { host, port };
  }
  const close = text.indexOf("]");
  if (close < 0 || close + 1 !== colon) return undefined;
  const host = text.slice(1, close);
  return host.includes("[") || /[[\]]/.test(port) ? undefined : { host, port };
}

export function stripPort(text: string): string {
  return splitHostPort(text)?.host ?? text;
}

export function stripDomain(text: string): string {
  const { host, port } = splitHostPort(text) ?? { host: text, port: "" };
  if (isAddress(host)) return text;
  const [name] = host.split(".", 1);
  if (port === "") return name;
  return name.includes(":") || name.includes("%") ? `[${name}]:${port}` : `${name}:${port}`;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** As Go's netip.ParseAddr: IPv4, and IPv6 with a zone. */
function isAddress(text: string): boolean {
  if (IPV4.test(text)) return true;
  const [address, ...zone] = text.split("%");
  if (!address.includes(":") || (text.includes("%") && zone.join("%") === "")) return false;
  return isIpv6(address);
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  let count = all.length;
  for (const [i, group] of all.entries()) {
    const isLast = i === all.length - 1;
    if (isLast && group.includes(".") && IPV4.test(group) && !text.endsWith("::")) count++;
    else if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return false;
  }
  return halves.length === 2 ? count < 8 : count === 8;
}
