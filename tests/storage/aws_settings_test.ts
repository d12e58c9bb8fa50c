import { assertEquals, assertThrows } from "@std/assert";
import { readAwsSettings } from "../../lib/storage/aws_settings.ts";
import { CannotWriteError } from "../../lib/core/errors.ts";

const CREDENTIALS = `
# a comment
[default]
aws_access_key_id = DEFAULTID
aws_secret_access_key=default/secret=+
s3 =
    aws_access_key_id = NOTTHIS

[ work ]
AWS_ACCESS_KEY_ID=WORKID
aws_secret_access_key = worksecret
aws_session_token = worktoken
`;
const CONFIG = `
[default]
region = eu-west-1
[profile work]
region = eu-north-1
endpoint_url = https://work.example:9000
[profile sso]
sso_session = corp
`;

function read(env: Record<string, string>, files: Record<string, string> = {}) {
  const all: Record<string, string> = {
    "/home/me/.aws/credentials": CREDENTIALS,
    "/home/me/.aws/config": CONFIG,
    ...files,
  };
  return readAwsSettings({
    env: (name) => ({ HOME: "/home/me", ...env } as Record<string, string>)[name],
    readFile: (path) => all[path],
  });
}

Deno.test("readAwsSettings() takes the environment before files", () => {
  assertEquals(
    read({
      AWS_ACCESS_KEY_ID: "ID",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "token",
      AWS_REGION: "us-west-2",
      AWS_ENDPOINT_URL: "http://all:1",
      AWS_ENDPOINT_URL_S3: "http://s3:1",
    }),
    {
      credentials: { accessKeyId: "ID", secretAccessKey: "secret", sessionToken: "token" },
      region: "us-west-2",
      endpoint: "http://s3:1",
    },
  );
});

Deno.test("readAwsSettings() reads the profile that is named, from both files", () => {
  assertEquals(read({}), {
    credentials: { accessKeyId: "DEFAULTID", secretAccessKey: "default/secret=+" },
    region: "eu-west-1",
  });
  assertEquals(read({ AWS_PROFILE: "work", AWS_DEFAULT_REGION: "eu-south-1", AWS_REGION: "" }), {
    credentials: { accessKeyId: "WORKID", secretAccessKey: "worksecret", sessionToken: "worktoken" },
    region: "eu-south-1",
    endpoint: "https://work.example:9000",
  });
  const elsewhere = { AWS_SHARED_CREDENTIALS_FILE: "/keys", AWS_CONFIG_FILE: "/none" };
  assertEquals(
    read(elsewhere, { "/keys": "\ufeff[x]\r\n[default]\r\naws_access_key_id=A\r\naws_secret_access_key=B\r\n" }),
    {
      credentials: { accessKeyId: "A", secretAccessKey: "B" },
      region: "us-east-1",
    },
  );
});

Deno.test("readAwsSettings() says what is missing, and shows no secret", () => {
  const refused = (env: Record<string, string>, words: string) => {
    const { message } = assertThrows(() => read(env), CannotWriteError, words);
    assertEquals(/geheim|worksecret|default\/secret/.test(message), false, message);
  };
  refused({ AWS_PROFILE: "nobody" }, "profile nobody");
  refused({ AWS_PROFILE: "sso" }, "aws configure export-credentials");
  refused({ AWS_ACCESS_KEY_ID: "ID" }, "without AWS_SECRET_ACCESS_KEY");
  refused({ AWS_SECRET_ACCESS_KEY: "geheim" }, "without AWS_ACCESS_KEY_ID");
  refused({ AWS_ACCESS_KEY_ID: "ID", AWS_SECRET_ACCESS_KEY: "geheim\r\nx: y" }, "characters that no key has");
});
