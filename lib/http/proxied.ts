/**
 * Whether requests go through a proxy, and through which: what Deno's `fetch` does with the options of its clients and with
 * the environment, found out by trying it, since it says so nowhere.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import { variable } from "../core/env.ts";
import type { Failed } from "../core/outcome.ts";
import type { Settings } from "../core/settings.ts";

/** The variables that `fetch` looks for a proxy in, in capitals first. */
const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/** Errors of connecting to whatever is connected to first, and that is the proxy where there is one. */
const CONNECTING = /^(tcp connect error|dns error|proxy server unreachable)/i;

/** What {@linkcode proxyFor} takes from the settings. */
export type ProxySettings = Pick<Settings, "proxy">;

/**
 * Whether requests may go through a proxy, so that only `fetch` knows the way.
 *
 * @param settings The settings of the run.
 * @returns `true` also when that can't be known, because the environment may not be read.
 */
export function mayBeProxied({ proxy }: ProxySettings): boolean {
  return proxy !== undefined || VARIABLES.flatMap((name) => [name, name.toLowerCase()]).some(mayBeSet);
}

/**
 * The proxy that `fetch` takes for a URL: the one of the run, or else the first of ALL_PROXY, and HTTPS_PROXY or HTTP_PROXY
 * by the URL's scheme, each in capitals before small letters. None for hosts that NO_PROXY names, whoever named the proxy.
 *
 * @param url An http or https URL.
 * @param settings The settings of the run.
 * @returns The proxy's URL, without user and password. Undefined when there is none, or the environment may not be read.
 */
export function proxyFor(url: string, settings: ProxySettings): string | undefined {
  const found = proxyWithUser(url, settings);
  return found && splitCredentials(found).url.replace(/\/$/, "");
}

/**
 * The same with user and password, for whoever connects to it.
 *
 * @param url An http or https URL.
 * @param settings What the run was told.
 */
export function proxyWithUser(url: string, { proxy }: ProxySettings): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const { protocol, hostname } = parsed;
  if (isExempt(hostname.replace(/^\[|\]$/g, ""), variable("NO_PROXY") ?? variable("no_proxy") ?? "")) return undefined;
  const ofScheme = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const names = ["ALL_PROXY"];
  // In a CGI script, that variable is a header of the request (CVE-2016-5385)
  if (ofScheme === "HTTPS_PROXY" || variable("REQUEST_METHOD") === undefined) names.push(ofScheme);
  const all = names.flatMap((name) => [variable(name), variable(name.toLowerCase())]);
  return [proxy, ...all].map(asProxy).find((each) => each !== undefined);
}

/**
 * The sentence of a failure, with the proxy in it where the trouble was with that.
 *
 * @param failed How an attempt failed.
 * @param url The URL that was asked for.
 * @param settings The settings of the run.
 * @returns The sentence.
 */
export function messageWithProxy(
  { kind, message }: Pick<Failed, "kind" | "message">,
  url: string,
  settings: ProxySettings,
): string {
  const isTunnel = kind === "tunnel";
  if (!isTunnel && kind !== "proxy-auth" && !CONNECTING.test(message)) return message;
  const proxy = proxyFor(url, settings);
  if (proxy === undefined && !isTunnel && kind !== "proxy-auth") return message;
  const name = proxy === undefined ? "the proxy" : `the proxy ${proxy}`;
  if (kind === "proxy-auth") return `${name} wants another user and password: ${message}`;
  return isTunnel
    ? `${name} made no connection to ${new URL(url).host}: ${message}`
    : `${name} can't be reached: ${message}`;
}

function mayBeSet(name: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state !== "granted" || Boolean(Deno.env.get(name));
}

/** A URL with a scheme that proxies have, or without any, which is http then. Others are as good as none. */
function asProxy(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  return url !== null && /^(https?|socks[45][ah]?):$/.test(url.protocol) && url.host !== "" ? url.href : undefined;
}

/** Names with all below them, addresses and networks; letters are as they are, and ports and `*` mean nothing. */
function isExempt(host: string, list: string): boolean {
  return list.split(",").map((entry) => entry.trim()).some((entry) => {
    if (entry === "") return false;
    if (entry.includes("/")) return isInNetwork(host, entry);
    const name = entry.replace(/^\./, "");
    return host === name || host.endsWith(`.${name}`);
  });
}

function isInNetwork(host: string, network: string): boolean {
  const [base, length] = network.split("/");
  const [address, start] = [ipv4(host), ipv4(base)];
  if (address === undefined || start === undefined || !/^\d+$/.test(length) || Number(length) > 32) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(address / size) === Math.floor(start / size);
}

function ipv4(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
