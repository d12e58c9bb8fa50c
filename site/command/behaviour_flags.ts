/**
 * The parameters as flags of `server.ts`: defaults for requests that don't ask otherwise.
 *
 * @module
 */

import { DELAY_MS } from "../../constants.ts";
import { choiceFlag, durationFlag, type Flag, integerFlag, numberFlag, switchFlag } from "../../lib/cli/flags.ts";
import { type Behaviour, type ChoiceParameter, flagName, type Parameter, PARAMETER_LIST } from "../parameters.ts";

/** A flag for every parameter, by its name without the dashes. */
export const BEHAVIOUR_FLAGS: Record<string, Flag> = Object.fromEntries(
  PARAMETER_LIST.map(([name, parameter]) => [flagName(name), flagOf(parameter)]),
);
BEHAVIOUR_FLAGS.delay = { ...BEHAVIOUR_FLAGS.delay, defaultText: `${DELAY_MS}ms, with --upstream none` };

/** What the flags ask for. */
export function behaviourOf(flags: Record<string, unknown>): Behaviour {
  return Object.fromEntries(
    PARAMETER_LIST.map(([name]) => [name, flags[flagName(name)]]).filter(([, value]) => value !== undefined),
  );
}

function flagOf(parameter: Parameter): Flag {
  const group = "What it does, unless a request asks otherwise (its parameters have the same names)";
  switch (parameter.kind) {
    case "milliseconds":
      return durationFlag({ ...parameter, group });
    case "integer":
      return integerFlag({ ...parameter, group, value: parameter.unit === "HTTP status" ? "STATUS" : "N" });
    case "number":
      return numberFlag({ ...parameter, group });
    case "choice":
      return choiceFlagOf(parameter, group);
    case "switch":
      return switchFlag({ ...parameter, group, default: undefined });
  }
}

/** A choice without a default. Many long words are listed in the text, not in front of it. */
function choiceFlagOf({ about, choices }: ChoiceParameter, group: string): Flag {
  const flag = choiceFlag({ about, choices, group, default: choices[0] });
  const words = choices.length > 2 ? { value: "KIND", about: `${about}: ${choices.join(", ")}` } : {};
  return { ...flag, ...words, default: undefined };
}
