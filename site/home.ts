/**
 * `/`: what this site is, and live what it sees.
 *
 * @module
 */

import { themeCss } from "../lib/core/palette.ts";
import page from "./home.html" with { type: "text" };

/** The page. It asks for nothing but `/stats`. */
export const HOME: string = page.replace("/* theme */", themeCss());
