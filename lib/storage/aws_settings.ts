/**
 * What the environment and the files of the AWS command line say: who asks, which region, and which endpoint.
 *
 * As the AWS command line does it: variables come before files, and of the files the credentials before the configuration
 * (https://docs.aws.amazon.com/sdkref/latest/guide/creds-config-files.html).
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";

/** Who asks. */
export interface Credentials {
  /** The access key's public half. */
  accessKeyId: string;
  /** Its secret half. */
  secretAccessKey: string;
  /** What goes with keys that are good for a while. Default: they are good until they are withdrawn. */
  sessionToken?: string;
}

/** What the environment says. */
export interface AwsSettings {
  /** Who asks. */
  credentials: Credentials;
  /** The region. */
  region: string;
  /** The endpoint. Default: AWS's own in that region. */
  endpoint?: string;
}

/** Where settings come from. */
export interface AwsSources {
  /** Reads a variable of the environment. Default: that of this process. */
  env?: (name: string) => string | undefined;
  /** Reads a file; undefined if it isn't there. Default: from disk. */
  readFile?: (path: string) => string | undefined;
}

/** The region if nothing names one: what other endpoints than AWS take, too. */
const REGION = "us-east-1";

/** What in a profile says that its keys come from somewhere else. */
const ELSEWHERE = [
  "credential_process",
  "sso_session",
  "sso_start_url",
  "role_arn",
  "credential_source",
  "login_session",
];

/**
 * Reads the settings.
 *
 * @param sources Where from.
 * @returns What they say.
 * @throws {CannotWriteError} If they name no keys, or only half of one.
 */
export function readAwsSettings(sources: AwsSources = {}): AwsSettings {
  const { env = (name) => Deno.env.get(name) } = sources;
  const variable = (...names: string[]) => names.map((name) => env(name)).find((value) => value) || undefined;
  const profile = variable("AWS_PROFILE") ?? "default";
  const { keys, config } = readProfile(profile, variable, sources);
  const region = variable("AWS_REGION", "AWS_DEFAULT_REGION") ?? config.region ?? keys.region ?? REGION;
  const endpoint = variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL") ?? config.endpoint_url ?? keys.endpoint_url;
  const credentials = keysOf("the environment", {
    id: ["AWS_ACCESS_KEY_ID", variable("AWS_ACCESS_KEY_ID")],
    secret: ["AWS_SECRET_ACCESS_KEY", variable("AWS_SECRET_ACCESS_KEY")],
    token: variable("AWS_SESSION_TOKEN"),
  }) ?? keysOfProfile(profile, keys) ?? keysOfProfile(profile, config);
  if (credentials) return { credentials, region, ...endpoint !== undefined && { endpoint } };
  const elsewhere = ELSEWHERE.find((name) => name in config || name in keys);
  const how = elsewhere === undefined
    ? "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for another profile of ~/.aws/credentials"
    : `it has ${elsewhere}: let eval "$(aws configure export-credentials --profile ${profile} --format env)" get them`;
  throw new CannotWriteError(`there are no access keys in the environment, and none in the profile ${profile}; ${how}`);
}

type Section = Record<string, string>;

function readProfile(
  profile: string,
  variable: (...names: string[]) => string | undefined,
  { readFile = readIfThere }: AwsSources,
): { keys: Section; config: Section } {
  const home = variable("HOME", "USERPROFILE");
  const read = (named: string | undefined, usual: string) => {
    const path = named ?? (home === undefined ? undefined : `${home}/.aws/${usual}`);
    return path === undefined ? {} : readSections(readFile(path) ?? "");
  };
  const keys = read(variable("AWS_SHARED_CREDENTIALS_FILE"), "credentials");
  const config = read(variable("AWS_CONFIG_FILE"), "config");
  return {
    keys: keys[profile] ?? {},
    config: config[`profile ${profile}`] ?? (profile === "default" ? config.default : undefined) ?? {},
  };
}

/** The sections of an INI file, by their names. What is indented belongs to a setting that isn't used here. */
function readSections(text: string): Record<string, Section> {
  const sections: Record<string, Section> = Object.create(null);
  let section: Section = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    if (name !== undefined) section = sections[name.replace(/\s+/, " ").replaceAll('"', "")] ??= {};
    const [, key, value] = /^([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== "") section[key.toLowerCase()] = value;
  }
  return sections;
}

function keysOfProfile(profile: string, section: Section): Credentials | undefined {
  return keysOf(`the profile ${profile}`, {
    id: ["aws_access_key_id", section.aws_access_key_id],
    secret: ["aws_secret_access_key", section.aws_secret_access_key],
    token: section.aws_session_token,
  });
}

function keysOf(
  from: string,
  { id, secret, token }: Record<"id" | "secret", [name: string, value: string | undefined]> & { token?: string },
): Credentials | undefined {
  if (id[1] === undefined && secret[1] === undefined) return undefined;
  if (id[1] === undefined || secret[1] === undefined) {
    const [missing, there] = id[1] === undefined ? [id, secret] : [secret, id];
    throw new CannotWriteError(`${from} has ${there[0]} without ${missing[0]}: set both`);
  }
  // What a header can't carry would be refused with a message that quotes it
  if ([id[1], secret[1], token ?? ""].some((value) => !/^[\x21-\x7e]*$/.test(value))) {
    throw new CannotWriteError(`the access keys of ${from} have characters that no key has: look for quotes or spaces`);
  }
  return { accessKeyId: id[1], secretAccessKey: secret[1], ...token !== undefined && { sessionToken: token } };
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new CannotWriteError(`cannot read ${path}`, { cause });
  }
}
