/** Types Ctrl-C in a terminal, once, as soon as the screen shows that requests are in flight. */
export function ctrlCInFlight(): (screen: string[]) => string | undefined {
  let typed = false;
  return (screen) => {
    if (typed || !screen.some((line) => line.includes("in flight"))) return;
    typed = true;
    return "\x03";
  };
}
