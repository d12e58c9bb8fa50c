/** Types for the part of cli-progress that is used here; it ships none, and `@types/cli-progress` brings all of Node's. */

declare module "cli-progress" {
  export interface Options {
    fps?: number;
    forceRedraw?: boolean;
    clearOnComplete?: boolean;
    gracefulExit?: boolean;
    linewrap?: boolean;
    format?: () => string;
  }
  export class MultiBar {
    constructor(options: Options);
    create(total: number, startValue: number, payload: object, options: Options): void;
    stop(): void;
  }
}
