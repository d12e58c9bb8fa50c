// What `import "download-stuff"` finds in Node.
throw new Error(
  "download-stuff can't be imported by Node: it needs Deno's connections, files and workers (Deno.connect, Deno.openSync). " +
    'Import it in Deno (import { download } from "npm:download-stuff"), or from Node start its command: ' +
    "npx download-stuff urls.txt -o files --report -",
);
