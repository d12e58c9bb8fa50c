/**
 * A web server that nobody here wrote: how it is started on a folder of files, and what it speaks on which port.
 *
 * @module
 */

import type { Program } from "../programs.ts";

/** A port of a server, and what a client meets there. */
export interface Endpoint {
  /** What it is, for example `HTTP/2, TLS 1.3`. */
  protocol: string;
  /** Where its files are, with a slash at the end. */
  url: string;
  /** The value of the client's `--http`. */
  http: "1" | "auto" | "alpn";
  /** The server's log of it, which tells what was really spoken. Default: none, where the port speaks nothing else. */
  log?: {
    /** The file. */
    file: string;
    /** What stands in a line of it for each answer in the right version, and in the right coding where that matters. */
    right: RegExp;
    /** What has to stand in some of its lines if the client asks for content codings. Default: nothing. */
    coded?: RegExp;
  };
}

/** What a server gets. */
export interface Place {
  /** The folder to serve. */
  root: string;
  /** A folder of its own, for its configuration and its logs. Its files may be read by everyone. */
  folder: string;
  /** The certificate of 127.0.0.1 and localhost, signed by an authority that clients are told to trust; a PEM file. */
  certificate: string;
  /** Its key, a PEM file. */
  key: string;
}

/** A server that runs; disposing of it stops it. */
export interface RunningServer extends AsyncDisposable {
  /** Its ports. */
  endpoints: Endpoint[];
}

/** A server that can be started. */
export interface Server {
  /** What tables call it, and what `--only` knows it by. */
  name: string;
  /** What must be installed. The version of the first stands in tables. */
  needs: Program[];
  /** What isn't usual about it, in a line. Default: nothing. */
  about?: string;
  /**
   * Starts it.
   *
   * @param place What it serves, and what it may use.
   * @throws {Error} If it ends or doesn't listen.
   */
  start(place: Place): Promise<RunningServer>;
}
