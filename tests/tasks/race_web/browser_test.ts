import { testInBrowser } from "../../helpers/browser.ts";
import { serveRacePage } from "../../helpers/race_page.ts";

await testInBrowser(
  "the race is started, stopped and gone back in by the keyboard alone, and accessible",
  async (run) => {
    await using race = await serveRacePage();
    await run("race", race.url);
  },
);
