/**
 * What is wrong with a version, and with what the changelog says of it.
 *
 * @module
 */

/** https://semver.org/spec/v2.0.0.html, without what follows a plus. */
const SEMANTIC = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/**
 * What is wrong with a version.
 *
 * @param version The version.
 * @param known The tags that there are, and what says a part of it to servers.
 */
export function versionProblems(
  version: string,
  { tags, userAgent }: { tags: readonly string[]; userAgent: string },
): string[] {
  const problems = [];
  if (!SEMANTIC.test(version)) problems.push(`${version} is not a semantic version, such as 1.2.3`);
  if (tags.includes(`v${version}`)) problems.push(`v${version} is released already; raise the version in deno.json`);
  const said = userAgent.split("/").at(-1);
  const meant = version.split(".").slice(0, 2).join(".");
  if (said !== meant) problems.push(`USER_AGENT in constants.ts says ${said}, not ${meant}`);
  return problems;
}

/**
 * What is wrong with what a changelog says of a version: https://keepachangelog.com/en/1.1.0/
 *
 * @param changelog The text of CHANGELOG.md.
 * @param version The version.
 */
export function changelogProblems(changelog: string, version: string): string[] {
  const [, ...sections] = changelog.split(/^## /m);
  const problems = [];
  const releases = sections.filter((section) => !section.startsWith("Unreleased"));
  const [newest] = releases;
  const [, named, date] = /^\[?([^\s\]]+)\]? - (\d{4}-\d\d-\d\d)$/m.exec(newest ?? "") ?? [];
  if (named !== version) problems.push(`its newest entry is ${named ?? "none"}, not "## ${version} - YYYY-MM-DD"`);
  else if (Number.isNaN(Date.parse(date))) problems.push(`${date} is not a date`);
  else if (!/^- \S/m.test(newest)) problems.push(`the entry of ${version} says nothing`);
  const unreleased = sections.find((section) => section.startsWith("Unreleased")) ?? "";
  if (/^- \S/m.test(unreleased)) problems.push(`what is under "Unreleased" belongs under ${version}`);
  const unknown = [...changelog.matchAll(/^### (.*)$/gm)].map(([, kind]) => kind).filter((kind) =>
    !KINDS.includes(kind)
  );
  if (unknown.length > 0) problems.push(`it has changes of unknown kinds: ${unknown.join(", ")}`);
  return problems;
}

const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
